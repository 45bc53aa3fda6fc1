"""Whether a sentence is carried by what it cites: numbers, names and negations first, then the words.

This is deliberately plain: it can be read, and it is as quick as it is strict. It does not understand paraphrase as a
language model would; where it is unsure it says ``partly``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from articleqa.types import Support

# Shares of a sentence's words that must be in its evidence.
SUPPORTED_SHARE = 0.7
PARTLY_SHARE = 0.4
# An uncited sentence is tied to evidence that has at least this share of its words, or to none.
ALIGNMENT_FLOOR = 0.5

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w’'-]*[\w]|\b[A-Z]\b")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|without|cannot|\w+n['’]t|unlikely|den(?:y|ies|ied)|refuse[sd]?|"
    r"fail(?:s|ed)?)\b",
    re.IGNORECASE,
)
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
}
_WORD = re.compile(r"[^\W\d_]+")
# Words that begin sentences and are no names.
_OPENERS = frozenset(
    """
    the a an he she it they we you i this that these those there here in on at as but and or so if when while after
    before his her its their our my for from by with to not no one some many most what who how why where however
    although because since during both each every all according yes also another other more such then thus therefore
    """.split()
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a sentence is supported, and by which of the evidence (indices); none where it is unsupported."""

    support: Support
    evidence: tuple[int, ...]


def judge(
    sentence: str,
    cited: Sequence[int],
    evidence: Sequence[str],
    *,
    stems: Callable[[str], Sequence[str]],
    ignored: Collection[str] = frozenset(),
) -> Verdict:
    """Judge ``sentence`` by the evidence that it cites, or else by the evidence that fits it best.

    Args:
        sentence: without markers.
        cited: indices into ``evidence``; those out of range were never retrieved and are dropped.
        evidence: texts, each with whatever belongs to it (title, speaker).
        stems: words of a text, stemmed.
        ignored: stems that carry no meaning.
    """
    valid = tuple(dict.fromkeys(number for number in cited if 0 <= number < len(evidence)))
    words = {stem for stem in stems(sentence) if stem not in ignored}
    if valid:
        support = _support(sentence, words, " ".join(evidence[number] for number in valid), stems)
        if support is not Support.UNSUPPORTED:
            return Verdict(support, valid)
    # No citation, or one that does not hold: another piece of evidence may carry the sentence all the same.
    shares = [_share(words, set(stems(text))) for text in evidence]
    for number in sorted(range(len(evidence)), key=lambda index: -shares[index]):
        if shares[number] < ALIGNMENT_FLOOR:
            break
        support = _support(sentence, words, evidence[number], stems)
        if support is not Support.UNSUPPORTED:
            return Verdict(support, (number,))
    return Verdict(Support.UNSUPPORTED, ())


def _support(sentence: str, words: set[str], evidence: str, stems: Callable[[str], Sequence[str]]) -> Support:
    if not _numbers(sentence) <= _numbers(evidence):
        return Support.UNSUPPORTED
    if not _names(sentence) <= {word.lower() for word in re.findall(r"[\w’'-]+", evidence)}:
        return Support.UNSUPPORTED
    share = _share(words, set(stems(evidence)))
    if share < PARTLY_SHARE:
        return Support.UNSUPPORTED
    if _negated(sentence) != _negated(evidence):
        # A negation on one side only: it may stand in another clause of the evidence, never in the sentence alone.
        return Support.UNSUPPORTED if _negated(sentence) else Support.PARTLY
    return Support.SUPPORTED if share >= SUPPORTED_SHARE else Support.PARTLY


def _share(words: set[str], evidence: set[str]) -> float:
    return len(words & evidence) / len(words) if words else 0.0


def _numbers(text: str) -> set[str]:
    """Numbers as digits, without separators of thousands; small ones also where they are written out."""
    digits = {match.group().replace(",", "").rstrip(".:") for match in _NUMBER.finditer(text)}
    written = {_NUMBER_WORDS[word.lower()] for word in _WORD.findall(text) if word.lower() in _NUMBER_WORDS}
    return digits | (written - {"1", "0"} if text else written)


def _names(text: str) -> set[str]:
    """Capitalised words, lower-cased; a word that opens a sentence counts unless it is a common opener."""
    found = set()
    for match in _NAME.finditer(text):
        word = re.sub(r"['’]s$", "", match.group()).lower()
        opens = match.start() == 0 or text[: match.start()].rstrip().endswith((".", "!", "?", ":", "“", '"'))
        if word not in _OPENERS and not (opens and word.isalpha() and len(word) < 3):
            found.add(word)
    return found


def _negated(text: str) -> bool:
    return _NEGATION.search(text) is not None
