"""Text of articles and sets, made harmless for HTML."""

from __future__ import annotations

import html
import re

# What HTML cannot hold, or what turns the order of the text around it.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """``text`` for the content of an element or an attribute in quotation marks."""
    return html.escape(_UNSEEN.sub("\ufffd", text), quote=True)
