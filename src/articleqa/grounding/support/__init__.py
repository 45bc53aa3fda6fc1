"""Whether a sentence is carried by what it cites: numbers, dates, names, negations and opposites first, then the words.

This is deliberately plain: it can be read, and it is as quick as it is strict. It does not understand paraphrase as a
language model would; where it is unsure it says ``partly``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from articleqa.grounding.support.contradictions import compare
from articleqa.grounding.support.fragments import answers
from articleqa.grounding.support.items import Finding
from articleqa.grounding.support.negations import NEGATION
from articleqa.grounding.support.numbers import is_number_word
from articleqa.grounding.support.order import shortens
from articleqa.grounding.support.reading import OPENERS, Stems, read
from articleqa.types import Entailment, Support

# What each of some texts says to a sentence, and how like it is to one.
Alike = Callable[[Sequence[str], str], Sequence[float]]
Entailed = Callable[[Sequence[str], str], Sequence[Entailment]]
# Shares of a sentence's words that must be in its evidence.
SUPPORTED_SHARE = 0.7
PARTLY_SHARE = 0.4
# Evidence that is so like a sentence in meaning, and has this share of its words, carries it partly.
ALIKE = 0.75
ALIKE_SHARE = 0.2
# An uncited sentence is tied to evidence that has at least this share of its words, or to none.
ALIGNMENT_FLOOR = 0.5
# Evidence that contradicts a sentence, or lacks what it names, outweighs other evidence that has fewer of its words by
# more than this.
OUTWEIGHED = {Finding.CONTRADICTED: 0.1, Finding.ABSENT: 0.25}
# A model is asked about so many texts that were not cited.
NEAREST = 2
# Models like to begin with it, and it says nothing.
_INTRODUCTION = re.compile(r"According to the (?:articles?|texts?|passages?|quotes?|sources?), ")
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
    question: str = "",
    alike: Alike | None = None,
    entailed: Entailed | None = None,
) -> Verdict:
    """Judge ``sentence`` by the evidence that it cites, or else by the evidence that fits it best.

    Args:
        sentence: without markers.
        cited: indices into ``evidence``; those out of range were never retrieved and are dropped.
        evidence: texts, each with whatever belongs to it (title, speaker).
        stems: words of a text, stemmed.
        ignored: stems that carry no meaning.
        question: what the sentence is to answer. A few words without a verb say something together with it alone: see
            :func:`~articleqa.grounding.support.fragments.answers`.
        alike: how like in meaning each of some texts is to the sentence, as a cosine. Cited evidence with few of its
            words carries it partly where it says something alike.
        entailed: what each of some texts says to the sentence, by a model. It decides where the checks find nothing
            against the sentence, in place of the share of its words and of ``alike``.
    """
    sentence = _INTRODUCTION.sub("", sentence, count=1)
    valid = tuple(dict.fromkeys(number for number in cited if 0 <= number < len(evidence)))
    verdict = _judged(sentence, valid, evidence, stems, ignored, alike, entailed)
    shown = [part for number in verdict.evidence for part in read(evidence[number], stems)]
    if (
        verdict.support is Support.SUPPORTED
        and not any(_quotes(sentence, evidence[number]) for number in verdict.evidence)
        and not answers(question, read(sentence, stems), shown, stems)
    ):
        return replace(verdict, support=Support.PARTLY)
    return verdict


def _judged(
    sentence: str,
    valid: tuple[int, ...],
    evidence: Sequence[str],
    stems: Stems,
    ignored: Collection[str],
    alike: Alike | None,
    entailed: Entailed | None,
) -> Verdict:
    words = {stem for stem in stems(sentence) if stem not in ignored}
    weighed = [
        _weigh(sentence, words, text, stems, thorough=entailed is not None or (alike is not None and number in valid))
        for number, text in enumerate(evidence)
    ]
    if entailed is not None:
        read_again = _likely(weighed, valid)
        said = entailed([evidence[number] for number in read_again], sentence) if read_again else ()
        for number, entailment in zip(read_again, said, strict=True):
            weighed[number] = _entailed(weighed[number], entailment)
    elif alike is not None and (few := [number for number in valid if _says_it_otherwise(weighed[number])]):
        for number, cosine in zip(few, alike([evidence[number] for number in few], sentence), strict=True):
            if cosine >= ALIKE:
                weighed[number] = replace(weighed[number], support=Support.PARTLY)
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


def _likely(weighed: Sequence[_Weighed], cited: Collection[int]) -> list[int]:
    """The few texts that a model is asked about: those cited, and those with most of the words."""
    nearest = sorted(range(len(weighed)), key=lambda number: -weighed[number].share)[:NEAREST]
    return [number for number in sorted({*cited, *nearest}) if weighed[number].finding < Finding.ABSENT]


def _says_it_otherwise(weighed: _Weighed) -> bool:
    """Whether a text has some of the words of a sentence, too few to carry it, and nothing against it."""
    return (
        weighed.support is Support.UNSUPPORTED
        and weighed.finding < Finding.ABSENT
        and ALIKE_SHARE <= weighed.share < PARTLY_SHARE
    )


def _entailed(weighed: _Weighed, said: Entailment) -> _Weighed:
    if said.contradicts >= 0.5:
        return _Weighed(Support.UNSUPPORTED, weighed.share, Finding.CONTRADICTED)
    if said.entails >= 0.5:
        support = Support.SUPPORTED if weighed.finding is Finding.AGREES else Support.PARTLY
        return _Weighed(support, max(weighed.share, ALIGNMENT_FLOOR), weighed.finding)
    return _Weighed(min(weighed.support, Support.PARTLY, key=_ORDER.index), weighed.share, weighed.finding)


_ORDER = (Support.UNSUPPORTED, Support.PARTLY, Support.SUPPORTED)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """How one text carries a sentence; ``share`` is that of the sentence's words which it has."""

    support: Support
    share: float
    finding: Finding = Finding.AGREES


def _weigh(sentence: str, words: set[str], evidence: str, stems: Stems, *, thorough: bool = False) -> _Weighed:
    if words and _quotes(sentence, evidence):
        return _Weighed(Support.SUPPORTED, 1.0)
    share = len(words & set(stems(evidence))) / len(words) if words else 0.0
    if share < PARTLY_SHARE and not thorough:
        return _Weighed(Support.UNSUPPORTED, share)
    known, said = read(evidence, stems), read(sentence, stems)
    findings = [compare(part, known) for part in said]
    finding = max(findings, default=Finding.AGREES)
    if finding >= Finding.ABSENT or share < PARTLY_SHARE:
        return _Weighed(Support.UNSUPPORTED, share, finding)
    whole = finding is Finding.AGREES and share >= SUPPORTED_SHARE and shortens(said, known)
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
