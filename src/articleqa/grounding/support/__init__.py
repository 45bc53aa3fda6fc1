"""Whether a sentence is carried by what it cites: numbers, dates, names, negations and opposites first, then the words.

This is deliberately plain: it can be read, and it is as quick as it is strict. It does not understand paraphrase as a
language model would; where it is unsure it says ``partly``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from articleqa.grounding.support.contradictions import compare
from articleqa.grounding.support.items import Finding
from articleqa.grounding.support.negations import NEGATION
from articleqa.grounding.support.numbers import is_number_word
from articleqa.grounding.support.reading import OPENERS, Stems, read
from articleqa.types import Support

# Shares of a sentence's words that must be in its evidence.
SUPPORTED_SHARE = 0.7
PARTLY_SHARE = 0.4
# An uncited sentence is tied to evidence that has at least this share of its words, or to none.
ALIGNMENT_FLOOR = 0.5
# Evidence that contradicts a sentence, or lacks what it names, outweighs other evidence that has fewer of its words by
# more than this.
OUTWEIGHED = {Finding.CONTRADICTED: 0.1, Finding.ABSENT: 0.25}
_QUOTES = "\"“”„«»‘’'` "


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
    stems: Stems,
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
    weighed = [_weigh(sentence, words, text, stems) for text in evidence]
    # What one text plainly contradicts is not carried by another that has less to do with it.
    bar = max((one.share - OUTWEIGHED[one.finding] for one in weighed if one.finding in OUTWEIGHED), default=0.0)
    alone = [one.support if one.share >= bar else Support.UNSUPPORTED for one in weighed]
    for wanted in (Support.SUPPORTED, Support.PARTLY):
        # A quote that is cited and carries nothing is left out, unless it takes all of them together.
        if any(alone[number] is wanted for number in valid):
            return Verdict(wanted, tuple(number for number in valid if alone[number] is not Support.UNSUPPORTED))
        if len(valid) > 1:
            together = _weigh(sentence, words, "\n".join(evidence[number] for number in valid), stems)
            if together.support is wanted:
                return Verdict(wanted, valid)
    # No citation, or none that holds: another piece of evidence may carry the sentence all the same.
    for wanted in (Support.SUPPORTED, Support.PARTLY):
        fitting = [number for number, support in enumerate(alone) if support is wanted]
        best = max(fitting, key=lambda number: weighed[number].share, default=None)
        if best is not None and weighed[best].share >= ALIGNMENT_FLOOR:
            return Verdict(wanted, (best,))
    return Verdict(Support.UNSUPPORTED, ())


def is_telling(word: str) -> bool:
    """Whether one word can change what a sentence says: a number, a name, a negation."""
    return (
        any(map(str.isdigit, word))
        or (word[:1].isupper() and word.lower() not in OPENERS)
        or is_number_word(word.lower())
        or NEGATION.fullmatch(word) is not None
    )


@dataclass(frozen=True, slots=True)
class _Weighed:
    """How one text carries a sentence; ``share`` is that of the sentence's words which it has."""

    support: Support
    share: float
    finding: Finding = Finding.AGREES


def _weigh(sentence: str, words: set[str], evidence: str, stems: Stems) -> _Weighed:
    if words and _quotes(sentence, evidence):
        return _Weighed(Support.SUPPORTED, 1.0)
    share = len(words & set(stems(evidence))) / len(words) if words else 0.0
    if share < PARTLY_SHARE:
        return _Weighed(Support.UNSUPPORTED, share)
    known = read(evidence, stems)
    findings = [compare(part, known) for part in read(sentence, stems)]
    finding = max(findings, default=Finding.AGREES)
    if finding >= Finding.ABSENT:
        return _Weighed(Support.UNSUPPORTED, share, finding)
    whole = finding is Finding.AGREES and share >= SUPPORTED_SHARE
    return _Weighed(Support.SUPPORTED if whole else Support.PARTLY, share)


def _quotes(sentence: str, evidence: str) -> bool:
    """Whether the evidence has the sentence as it stands, from the beginning of one of its own to the end of one."""
    said, known = " ".join(sentence.split()), " ".join(evidence.split())
    start = known.find(said)
    while start >= 0:
        before, after = known[:start].rstrip(_QUOTES), known[start + len(said) :].lstrip(_QUOTES)
        ended = said.rstrip(_QUOTES + ")").endswith((".", "!", "?", "…", "。", "！", "？"))
        if (not before or before.endswith((".", "!", "?", "…", ":", "。"))) and (not after or ended):
            return True
        start = known.find(said, start + 1)
    return False
