"""Loads models by name: from a folder, or from a hub where it may be asked and answers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def loading(name: str) -> Iterator[bool]:
    """While a model is being loaded; gives whether only local files may be read.

    A folder is read without asking any hub, and so is what was fetched before when no hub answers.
    """
    quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Path(name).is_dir() or _offline() or not _answers()


def quiet() -> None:
    """Keep what model libraries tell and deprecate between themselves from people who only ask questions."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]


def reason(error: Exception) -> str:
    """The first line of what a library says."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _answers() -> bool:
    """Whether models can be fetched. Without this question the libraries would go on trying for more than a minute."""
    import httpx
    from huggingface_hub import constants

    try:
        httpx.head(constants.ENDPOINT, timeout=10)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return True


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")
