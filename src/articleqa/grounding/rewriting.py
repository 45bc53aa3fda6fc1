"""Putting a follow-up into words of its own: what a language model is asked, and whether what it wrote may be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from articleqa.grounding.composition import one_line, parse_markers
from articleqa.grounding.questions import names_in
from articleqa.types import Turn

# In characters: a model that goes on answers the question instead of asking it.
LONGEST_REWRITE = 300

# What does not change from question to question comes first, so that a server can keep it.
_INSTRUCTIONS = """Rewrite the last question so that it can be understood without the conversation.
Replace words like "it", "she" or "the second one" by the names that they stand for.
Keep every name and number of the question. Do not answer it. Write only the rewritten question, on one line."""

_TURNS = 4
_TURN_CHARACTERS = 300
# So much of what the question asks for must be left.
_KEPT = 0.5
_PREAMBLE = re.compile(
    r"^(?:(?:the )?(?:rewritten|standalone|new|last)? ?question(?: is)?|rewritten|q)\s*[:：]\s*", re.IGNORECASE
)
_WORD = re.compile(r"\w+")


def rewrite_messages(question: str, history: Sequence[Turn]) -> list[tuple[str, str]]:
    """``(role, text)`` messages for a chat model; none where nothing was said before."""
    turns = [(turn.role, parse_markers(turn.text)[0][:_TURN_CHARACTERS]) for turn in history[-_TURNS:]]
    lines = [f"{'Question' if role == 'user' else 'Answer'}: {text}" for role, text in turns if text]
    if not lines:
        return []
    task = "\n".join(["Conversation:", *lines, "", f"Last question: {one_line(question)}", "Rewritten question:"])
    return [("system", _INSTRUCTIONS), ("user", task)]


def faithful_rewrite(
    written: str, question: str, history: Sequence[Turn], content: Callable[[str], frozenset[str]]
) -> str | None:
    """The question that a model wrote, or None where it is another one than ``question``.

    It must be one line, have the names, the numbers and half of the other words of ``question``, bring no name and no
    number that nobody has mentioned, and repeat no earlier question. ``content`` gives the stems of a text that say
    something.
    """
    lines = written.strip().splitlines()
    text = _PREAMBLE.sub("", parse_markers(lines[0])[0]).strip("\"“”'` ") if lines else ""
    if not text or len(text) > LONGEST_REWRITE:
        return None
    said = _words(" ".join([question, *(turn.text for turn in history)]))
    asked, now = content(question), content(text)
    if not _named(text) <= said or not _named(question) <= _words(text) or len(asked & now) < _KEPT * len(asked):
        return None
    if any(turn.role == "user" and content(turn.text) == now for turn in history):
        return None
    return text


def _named(text: str) -> set[str]:
    return {word for name in names_in(text) for word in _words(name)}


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}
