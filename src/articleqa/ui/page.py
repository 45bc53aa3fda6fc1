"""The page: what the desk and the shelf do, tied to Gradio's events.

Seven ``gr.HTML`` make the page. Each has a template of ours, in which only escaped HTML is put, and a script that turns
clicks into events (``trigger``), which reach Python as event data. Nothing else of Gradio is on the page: its chatbot
has no event for a click inside a message, and its sanitiser keeps images from outside.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

# Gradio reads these when it is imported; it would otherwise ask its maker for the latest version.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# It would also summarise its last ten thousand events after each, for a dashboard that is not served.
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)

import gradio as gr

from articleqa.ui.desk import Desk, Exchanges
from articleqa.ui.sent import Sent
from articleqa.ui.shelf import Shelf

if TYPE_CHECKING:
    from fastapi import FastAPI

    from articleqa.assistant import Assistant

T = TypeVar("T")

TITLE = "Article QA"

_SANS = (
    *("-apple-system", "BlinkMacSystemFont", "Segoe UI", "Inter", "Roboto", "Cantarell", "Ubuntu", "Noto Sans"),
    *("Liberation Sans", "Helvetica Neue", "Arial", "sans-serif"),
)
_MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Liberation Mono", "monospace")

_WAITING = 64  # events that may wait; more are told that it is busy
_AT_ONCE = 32
# Gradio would otherwise tell all who wait, each time that anybody's turn comes, how long they still have to wait; the
# page does not show it, and twenty browsers spend more on it than on the answers.
_SECONDS_BETWEEN_ESTIMATES = 3600.0
_CONVERSATION_KEPT = 24 * 3600  # seconds after its last turn
_UPLOAD_KEPT = 3600  # seconds that a file lies about which arrived but was never added


def build(assistant: Assistant) -> gr.Blocks:
    """The page as Gradio blocks. Theme, style and limits come with :func:`mount`."""
    return _within_a_loop(partial(_build, assistant))


def mount(app: FastAPI, assistant: Assistant) -> None:
    """Put the page at ``/`` of ``app``. To be called last: a route that is added afterwards answers 404."""
    _within_a_loop(partial(_mount, app, assistant))


def _build(assistant: Assistant) -> gr.Blocks:
    desk, shelf = Desk(assistant), Shelf(assistant, upload_folder=_arrivals())
    settings = assistant.settings
    blocks: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(_UPLOAD_KEPT, _UPLOAD_KEPT)) as blocks:
        exchanges = gr.State((), time_to_live=_CONVERSATION_KEPT)
        header = _html("header")
        welcome = _html("welcome", value="")
        conversation = _html("conversation", value=[])
        scope = _html("scope", value="")
        composer = _html("composer", longest=settings.max_question_characters)
        library = _html("library", value="", report="", largest=settings.max_source_bytes)
        reader = _html("reader", value="")

        # The conversation

        def ask(current: Exchanges, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Exchanges, list[str]]]:
            for state in desk.ask(_sent(event), current, visitor=_visitor(request)):
                yield state, desk.conversation(state)

        def ask_at_once(current: Exchanges, event: gr.EventData, request: gr.Request) -> tuple[Exchanges, list[str]]:
            # A generator would be asked for more, and the page told of it, when there is no more.
            *_, state = current, *desk.ask(_sent(event), current, visitor=_visitor(request))
            return state, desk.conversation(state)

        def stop(event: gr.EventData, request: gr.Request) -> None:
            desk.stop(_sent(event), visitor=_visitor(request))

        def show(current: Exchanges, event: gr.EventData) -> str:
            return desk.open(_sent(event), current)

        # The library. What is done to it is told in its report; the page then asks for the rest anew.

        def enumerate_articles(event: gr.EventData) -> str:
            return shelf.table(_sent(event))

        def renew(event: gr.EventData) -> tuple[str, str, str]:
            return shelf.table(_sent(event)), shelf.scope(), shelf.welcome()

        def greet() -> tuple[str, str, str]:
            return shelf.table({}), shelf.scope(), shelf.welcome()

        def fetch(event: gr.EventData) -> Iterator[gr.HTML]:
            yield from _reports(shelf.fetch(_sent(event)))

        def upload(event: gr.EventData) -> Iterator[gr.HTML]:
            yield from _reports(shelf.upload(_sent(event)))

        def samples() -> Iterator[gr.HTML]:
            yield from _reports(shelf.samples())

        def remove(event: gr.EventData, request: gr.Request) -> gr.HTML:
            return gr.HTML(report=shelf.remove(_sent(event), visitor=_visitor(request)))

        def undo(request: gr.Request) -> Iterator[gr.HTML]:
            yield from _reports(shelf.undo(visitor=_visitor(request)))

        def rebuild() -> Iterator[gr.HTML]:
            yield from _reports(shelf.rebuild())

        once: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        latest = {**once, "trigger_mode": "always_last"}
        always = {**once, "trigger_mode": "multiple"}
        if desk.composing:
            composer.ask(ask, [exchanges], [exchanges, conversation], **always)
        else:
            # The queue would tell the page four times of an answer that is there at once.
            composer.ask(ask_at_once, [exchanges], [exchanges, conversation], queue=False, **always)
        composer.stop(stop, None, None, **always)
        header.clear(stop, None, None, **always)
        for place in (conversation, library, reader):
            place.open(show, [exchanges], [reader], **latest)
        library.list(enumerate_articles, None, [library], **latest)
        library.renew(renew, None, [library, scope, welcome], **latest)
        library.fetch(fetch, None, [library], **always)
        library.upload(upload, None, [library], **always)
        welcome.samples(samples, None, [library], **once)
        library.remove(remove, None, [library], **always)
        library.undo(undo, None, [library], **always)
        library.rebuild(rebuild, None, [library], **always)
        blocks.load(greet, None, [library, scope, welcome], **once)
    blocks.queue(
        max_size=_WAITING,
        default_concurrency_limit=_AT_ONCE,
        status_update_rate=_SECONDS_BETWEEN_ESTIMATES,
        api_open=False,
    )
    return blocks


def _mount(app: FastAPI, assistant: Assistant) -> None:
    gr.mount_gradio_app(
        app,
        _build(assistant),
        "/",
        server_name=assistant.settings.host,
        server_port=assistant.settings.port,
        theme=gr.themes.Base(font=_SANS, font_mono=_MONO).set(
            body_background_fill="#faf9f6",
            body_background_fill_dark="#17191b",
            body_text_color="#20242a",
            body_text_color_dark="#e9e7e3",
        ),
        # Not as css=: Gradio would rewrite every selector to lie within its own container.
        head=f"{_resource('head.html')}<style>{_resource('style.css')}</style>",
        max_file_size=assistant.settings.max_source_bytes,
        allowed_paths=[],
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        show_error=False,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )


def _within_a_loop(work: Callable[[], T]) -> T:
    """What ``work`` returns. Where no event loop runs, Gradio makes one for each of its locks and closes none."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    else:
        return work()

    async def run() -> T:
        return work()

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


def _html(name: str, *, value: Any = None, **props: Any) -> gr.HTML:
    """A part of the page: ``parts/NAME.html`` and ``parts/NAME.js``, which may use what ``parts/shared.js`` defines."""
    return gr.HTML(
        value,
        elem_id=f"aq-{name}",
        html_template=_resource(f"parts/{name}.html"),
        js_on_load=_resource("parts/shared.js") + _resource(f"parts/{name}.js"),
        apply_default_css=False,
        **props,
    )


def _resource(path: str) -> str:
    return files("articleqa.ui").joinpath(path).read_text(encoding="utf-8")


def _sent(event: gr.EventData) -> Sent:
    """What the page sent with an event. A browser may send anything, so it may be nothing."""
    sent = getattr(event, "sent", None)
    return sent if isinstance(sent, Mapping) else {}


def _reports(reports: Iterator[str]) -> Iterator[gr.HTML]:
    """Each as a new report of the library, whose table stays as it is."""
    for report in reports:
        yield gr.HTML(report=report)


def _visitor(request: gr.Request) -> str:
    return request.session_hash or ""


@cache
def _arrivals() -> Path:
    """Where Gradio puts uploads: a folder of this process that nobody else may read, gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="articleqa-"))
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
