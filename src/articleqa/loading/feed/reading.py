"""Bytes to entries, whatever the format."""

from __future__ import annotations

import re

from articleqa.loading.encoding import text_of
from articleqa.loading.feed.entries import Feed
from articleqa.loading.raw import Raw
from articleqa.types import LoadingError

_MAX_BYTES = 16_000_000

_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']\s*([\w.:-]{2,40})")


def read_feed(raw: Raw) -> Feed:
    """The feed in ``raw``, whose ``url`` is what relative links are resolved against.

    A damaged feed is read as far as it goes. Entities of a feed's own, with which it could swell or name files, are
    never read.

    Raises:
        LoadingError: if it is no feed.
    """
    if len(raw.content) > _MAX_BYTES:
        raise raw.refused(f"is larger than {_MAX_BYTES:,} bytes, too much for one feed")
    in_feed = _DECLARED.search(raw.content[:200])
    declared = [raw.charset] if raw.charset else []
    if in_feed:
        declared.append(in_feed[1].decode("ascii"))
    text = text_of(raw, declared=tuple(declared)).lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        from articleqa.loading.feed.json_feed import read_json_feed as read
    else:
        from articleqa.loading.feed.markup import read_markup as read
    try:
        return read(text, raw)
    except (LoadingError, ImportError):
        raise
    except Exception as error:  # whatever the reader stumbles over is the feed's fault
        raise raw.refused(f"cannot be read as a feed ({type(error).__name__}); ask its site to mend it") from error
