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
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_WORD = re.compile(r"[^\W_](?:[\w’']*\w)?")
_GENITIVE = re.compile(r"['’]s?$")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|without|cannot|\w+n['’]t|unlikely|den(?:y|ies|ied)|refuse[sd]?|"
    r"fail(?:s|ed)?|"
    r"nicht|kein\w{0,2}|nie|niemals|niemand\w*|nichts|ohne|weder|"
    r"ne|n['’]\w+|pas|jamais|aucune?|sans|nunca|jamás|ningun[oa]?|ningún)\b",
    re.IGNORECASE,
)
_UNITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
# Magnitudes count as numbers of their own: 3 million are not 3 billion.
_MAGNITUDES = "dozen hundred thousand million billion trillion half quarter twice".split()
_NUMBER_WORDS = {
    **{word: str(value) for value, word in enumerate(_UNITS + _TEENS)},
    **{word: str(10 * value) for value, word in enumerate(_TENS, start=2)},
    **{
        f"{ten}-{unit}": str(10 * value + one)
        for value, ten in enumerate(_TENS, start=2)
        for one, unit in enumerate(_UNITS)
        if one
    },
    **{word: str(value) for value, word in enumerate(_ORDINALS, start=1)},
    **{word: word for word in _MAGNITUDES},
    **{f"{word}s": word for word in _MAGNITUDES},
}
_WRITTEN_NUMBER = re.compile(rf"\b(?:{'|'.join(sorted(_NUMBER_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
# Words that begin sentences and are no names.
_OPENERS = frozenset(
    """
    the a an he she it they we you i this that these those there here in on at as but and or so if when while after
    before his her its their our my for from by with to not no one some many most what who how why where however
    although because since during both each every all according yes also another other more such then thus therefore
    additionally overall meanwhile currently finally later now today still only about around over under between through
    until once recently instead despite even just like unlike together furthermore moreover
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
    alone = [_support(sentence, words, text, stems) for text in evidence]
    for wanted in (Support.SUPPORTED, Support.PARTLY):
        # A quote that is cited and carries nothing is left out, unless it takes all of them together.
        if any(alone[number] is wanted for number in valid):
            return Verdict(wanted, tuple(number for number in valid if alone[number] is not Support.UNSUPPORTED))
        if len(valid) > 1:
            together = _support(sentence, words, "\n".join(evidence[number] for number in valid), stems)
            if together is wanted:
                return Verdict(wanted, valid)
    # No citation, or none that holds: another piece of evidence may carry the sentence all the same.
    shares = [_share(words, set(stems(text))) for text in evidence]
    for wanted in (Support.SUPPORTED, Support.PARTLY):
        fitting = [number for number, support in enumerate(alone) if support is wanted]
        best = max(fitting, key=lambda number: shares[number], default=None)
        if best is not None and shares[best] >= ALIGNMENT_FLOOR:
            return Verdict(wanted, (best,))
    return Verdict(Support.UNSUPPORTED, ())


def is_telling(word: str) -> bool:
    """Whether one word can change what a sentence says: a number, a name, a negation."""
    return (
        any(map(str.isdigit, word))
        or (word[:1].isupper() and word.lower() not in _OPENERS)
        or _WRITTEN_NUMBER.fullmatch(word) is not None
        or _NEGATION.fullmatch(word) is not None
    )


def _support(sentence: str, words: set[str], evidence: str, stems: Callable[[str], Sequence[str]]) -> Support:
    evidence_stems = set(stems(evidence))
    if not _numbers(sentence, claimed=True) <= _numbers(evidence):
        return Support.UNSUPPORTED
    if not _has_names(sentence, evidence, evidence_stems, stems):
        return Support.UNSUPPORTED
    share = _share(words, evidence_stems)
    if share < PARTLY_SHARE:
        return Support.UNSUPPORTED
    if _negated(sentence) != _negated(_bearing(words, evidence, stems)):
        # A negation on one side only: it may stand in another clause of the evidence, never in the sentence alone.
        return Support.UNSUPPORTED if _negated(sentence) else Support.PARTLY
    return Support.SUPPORTED if share >= SUPPORTED_SHARE else Support.PARTLY


def _share(words: set[str], evidence: set[str]) -> float:
    return len(words & evidence) / len(words) if words else 0.0


def _bearing(words: set[str], evidence: str, stems: Callable[[str], Sequence[str]]) -> str:
    """The sentences of the evidence that have to do with ``words``: what the others deny is something else."""
    parts = _SENTENCE_END.split(evidence)
    shares = [_share(words, set(stems(part))) for part in parts]
    enough = min(PARTLY_SHARE, max(shares))
    return "\n".join(part for part, share in zip(parts, shares, strict=True) if share >= enough)


def _numbers(text: str, *, claimed: bool = False) -> set[str]:
    """Numbers as digits, without separators of thousands, whether they are written in digits or in words.

    What is ``claimed`` has no number in the word "one", which is mostly a pronoun.
    """
    digits = {_THOUSANDS.sub("", match.group()).lstrip("0") or "0" for match in _NUMBER.finditer(text)}
    written = (match.group().lower() for match in _WRITTEN_NUMBER.finditer(text))
    return digits | {_NUMBER_WORDS[word] for word in written if not (claimed and word == "one")}


def _has_names(sentence: str, evidence: str, evidence_stems: set[str], stems: Callable[[str], Sequence[str]]) -> bool:
    """Whether every capitalised word is in the evidence; one that opens the sentence may be inflected."""
    known = {_GENITIVE.sub("", match.group()).lower() for match in _WORD.finditer(evidence)}
    for match in _WORD.finditer(sentence):
        name = _GENITIVE.sub("", match.group()).lower()
        if not match.group()[0].isupper() or name in known or name in _OPENERS:
            continue
        before = sentence[: match.start()].rstrip(" \"“”‘’'(«„")
        opens = not before or before.endswith((".", "!", "?", ":"))
        if not (opens and (len(name) < 3 or set(stems(name)) <= evidence_stems)):
            return False
    return True


def _negated(text: str) -> bool:
    return _NEGATION.search(text) is not None
