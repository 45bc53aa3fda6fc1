"""Whether models that are not here can be fetched. It imports nothing of ours."""

from __future__ import annotations

import os
from pathlib import Path


def local_only(name: str) -> bool:
    """Whether the model ``name`` is to be looked for on this machine alone.

    A folder is read without asking any hub, and so is what was fetched before when no hub answers.
    """
    return Path(name).is_dir() or _offline() or not _hub_answers()


def quiet() -> None:
    """Keep what model libraries tell and deprecate between themselves from people who only ask questions."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]


def _hub_answers() -> bool:
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
