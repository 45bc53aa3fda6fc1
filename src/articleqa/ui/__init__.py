"""The chat in the browser: a page of Gradio that shows what the facade answers, and nothing that the facade lacks.

The conversation, the article and the library are rendered here as escaped HTML (:mod:`articleqa.ui.answer`,
:mod:`articleqa.ui.reader`, :mod:`articleqa.ui.listing`); :mod:`articleqa.ui.desk` does what a person asks for, and
:mod:`articleqa.ui.page` ties both to Gradio. Gradio is imported when a page is built, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from gradio import Blocks

    from articleqa.assistant import Assistant

__all__ = ["build", "mount"]


def build(assistant: Assistant) -> Blocks:
    """The page as Gradio blocks. Theme, style and limits come with :func:`mount`."""
    from articleqa.ui import page

    return page.build(assistant)


def mount(app: FastAPI, assistant: Assistant) -> None:
    """Put the page at ``/`` of ``app``. To be called last: a route that is added afterwards answers 404."""
    from articleqa.ui import page

    page.mount(app, assistant)
