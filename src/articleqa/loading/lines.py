"""The lines of a printed page, joined to paragraphs again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:[-‐][^\W\d_]+)*")
_BULLET = re.compile(r"[•◦▪‣●○■□–—*-]\s|\(?(?:\d{1,3}|[a-z])[.)]\s")
_HYPHEN = "-‐"
_SOFT_HYPHEN = "\u00ad"
_BROKEN = re.compile(rf"([^\W\d_]{{2,}})[{_HYPHEN}]$")
_BEGINNING = re.compile(r"^([^\W\d_]{2,})")
_TERMINAL = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
# First parts that compounds keep their hyphen after.
_KEEPING = frozenset(
    "all anti co cross double ex far first full half high inter long low mid mini multi near non open part post pre pro"
    " quasi re second self semi short single so sub super third top two ultra vice well".split()
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a document, in lower case, that stand inside its lines."""

    words: frozenset[str]

    @classmethod
    def of(cls, pages: Iterable[str]) -> Vocabulary:
        """The words of ``pages``. A word broken at a line's end is not evidence for either spelling."""
        words: set[str] = set()
        for page in pages:
            is_broken = False
            for line in page.split("\n"):
                inner = _BEGINNING.sub("", line.lstrip(), count=1) if is_broken else line
                is_broken = _BROKEN.search(line.rstrip()) is not None
                words.update(word.lower() for word in _WORD.findall(_BROKEN.sub("", inner.rstrip())))
        return cls(frozenset(words))

    def join(self, first: str, rest: str) -> str:
        """``first-`` at a line's end and ``rest`` at the next one's beginning, as one word.

        The hyphen goes if the document spells the word without it elsewhere, or if neither part is a word of its own.
        """
        whole, compound = f"{first}{rest}".lower(), f"{first}-{rest}".lower()
        parts = {first.lower(), rest.lower()}
        if whole in self.words:
            hyphen = ""
        elif compound in self.words or not rest[0].islower() or first.lower() in _KEEPING:
            hyphen = "-"
        else:
            hyphen = "-" if parts & self.words else ""
        return f"{first}{hyphen}{rest}"


def paragraphs(page: str, vocabulary: Vocabulary) -> list[str]:
    """The paragraphs of ``page``. Short lines that follow each other (a table, an address) stay lines of one block.

    A line ends its paragraph if it is short for its page or ends a sentence early, and a new beginning follows.
    """
    lines = [" ".join(line.replace("\u00a0", " ").split()) for line in page.split("\n")]
    lengths = sorted(len(line) for line in lines if line)
    full = lengths[int(len(lengths) * 0.9)] if lengths else 0
    blocks: list[str] = []
    previous = ""
    for line in lines:
        if not line or line == _SOFT_HYPHEN:
            previous = ""
        elif not previous:
            blocks.append(line)
            previous = line
        else:
            if _continues(previous, line, full):
                blocks[-1] = _joined(blocks[-1], line, vocabulary)
            elif max(len(previous), len(line)) < full * 0.6:
                blocks[-1] += "\n" + line
            else:
                blocks.append(line)
            previous = line
    return [block.replace(_SOFT_HYPHEN, "") for block in blocks]


def _continues(line: str, following: str, full: int) -> bool:
    if line[-1] == _SOFT_HYPHEN or (_BROKEN.search(line) and following[0].islower()):
        return True
    if _BULLET.match(following):
        return False
    begins = following[0].isupper() or following[0].isdigit() or following[0] in "\"'“‘«(["
    if not begins:
        return not (_TERMINAL.search(line) and len(line) < full * 0.6)
    if len(line) < full * 0.6 and line[-1] not in ",;":
        return False
    return not (_TERMINAL.search(line) and len(line) < full * 0.9)


def _joined(block: str, line: str, vocabulary: Vocabulary) -> str:
    if block[-1] == _SOFT_HYPHEN:
        return block[:-1] + line
    broken, beginning = _BROKEN.search(block), _BEGINNING.match(line)
    if broken and beginning:
        return block[: broken.start()] + vocabulary.join(broken[1], beginning[1]) + line[beginning.end() :]
    # Scripts without spaces between words have none at a line's end either.
    if _is_unspaced(block[-1]) and _is_unspaced(line[0]):
        return block + line
    return f"{block} {line}"


def _is_unspaced(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
