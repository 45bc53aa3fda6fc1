"""Whether one passage only repeats what others say: of articles that are copies of each other, one is shown.

Sentences are compared whole. One that is said elsewhere in the same words, but for a few that could not change what it
says, is a repetition. A number, a name, a negation or a word of the question is never among those few: where two
copies differ in one of them, both are evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from articleqa.grounding.support import is_telling

# In shorter sentences every word counts.
SHORTEST_VARIED = 8
# The share of a sentence's words that may be others.
VARIED_SHARE = 0.2
# A word of so many letters can be turned into its contrary by what is put in front of it.
SHORTEST_STEM = 4
# A line of at most so many words and without a full stop is a heading or a byline.
LONGEST_LINE = 14

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_SENTENCE_ENDS = tuple(".!?…:;,\"'”’»)]।。！？")
# Where a report comes from, in front of its first words: "VELMORA, Nov 7 (Coast Wire) —".
_DATELINE = re.compile(r"(?P<place>[^\n]{2,60}?)\s*(?:[-–—]+)\s+")
_CREDIT = re.compile(r"[(\[][^\n]{0,200}[)\]]")


@dataclass(frozen=True)
class Wording:
    """The words of one sentence: ``words`` as they are written, ``folded`` as they are compared."""

    words: tuple[str, ...]

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The words without regard to case and form."""
        return tuple(unicodedata.normalize("NFKC", "\n".join(self.words)).casefold().split("\n"))


@dataclass(frozen=True)
class Wordings:
    """What a passage, or a whole text, says, sentence by sentence; ``furniture`` are those that can be done without.

    Both are numbered as the sentences were given.
    """

    sentences: tuple[Wording, ...]
    furniture: frozenset[int] = frozenset()

    @cached_property
    def said(self) -> frozenset[tuple[str, ...]]:
        """Every sentence as it is compared."""
        return frozenset(sentence.folded for sentence in self.sentences)


def wordings(sentences: Sequence[str], *, opens: bool = False, closes: bool = False) -> Wordings:
    """``sentences`` prepared for comparing; ``opens`` and ``closes``: the article begins, or ends, with them."""
    own: list[Wording] = []
    furniture = set()
    head = opens
    for number, sentence in enumerate(sentences):
        line = _is_line(sentence)
        first, head = head and not line, head and line
        report = _without_dateline(sentence) if first else sentence
        words = tuple(_WORD.findall(_INVISIBLE.sub("", report).replace("’", "'")))
        credit = closes and number == len(sentences) - 1 and _CREDIT.fullmatch(sentence.strip()) is not None
        # Further down a line with a number may be one of a table.
        if credit or not words or (line and (head or not any(map(str.isdigit, sentence)))):
            furniture.add(number)
        own.append(Wording(words))
    return Wordings(tuple(own), frozenset(furniture))


def news(one: Wordings, others: Iterable[Wordings], sought: Callable[[str], bool]) -> list[int]:
    """The sentences of ``one`` that none of ``others`` says in the same words but for little, ascending.

    Headings, bylines and credits are no news, unless there is nothing else.

    Args:
        one: what may be a repetition.
        others: what it may repeat.
        sought: whether a word is one that the question asks for.
    """
    others = list(others)
    needed = [number for number in range(len(one.sentences)) if number not in one.furniture]
    return [
        number
        for number in needed or range(len(one.sentences))
        if not any(_says(other, one.sentences[number], sought) for other in others)
    ]


def _says(text: Wordings, sentence: Wording, sought: Callable[[str], bool]) -> bool:
    return sentence.folded in text.said or any(_varies(sentence, other, sought) for other in text.sentences)


def _varies(one: Wording, other: Wording, sought: Callable[[str], bool]) -> bool:
    """Whether two sentences differ in a few words that could not change what they say."""
    shorter, longer = sorted((len(one.words), len(other.words)))
    allowed = int(VARIED_SHARE * longer)
    if shorter < SHORTEST_VARIED or longer - shorter > allowed:
        return False
    if len(set(one.folded) ^ set(other.folded)) > 2 * allowed:
        return False
    changed = 0
    for tag, first, last, begin, end in SequenceMatcher(None, one.folded, other.folded, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        changed += max(last - first, end - begin)
        differing = (*one.words[first:last], *other.words[begin:end])
        if changed > allowed or any(is_telling(word) or sought(word) for word in differing):
            return False
        if any(_is_reversed(a, b) for a in one.folded[first:last] for b in other.folded[begin:end]):
            return False
    return True


def _is_reversed(one: str, other: str) -> bool:
    """Whether one word is the other with something in front, as in "legal" and "illegal"."""
    return one != other and (one.endswith(other) or other.endswith(one)) and min(len(one), len(other)) >= SHORTEST_STEM


def _is_line(sentence: str) -> bool:
    sentence = sentence.rstrip()
    return not sentence.endswith(_SENTENCE_ENDS) and len(sentence.split()) <= LONGEST_LINE


def _without_dateline(sentence: str) -> str:
    match = _DATELINE.match(sentence)
    if match is None:
        return sentence
    place = match["place"].strip()
    return sentence[match.end() :] if place.isupper() or place.endswith(")") else sentence
