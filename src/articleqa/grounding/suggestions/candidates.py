"""Questions that an article answers, made from its own statements by turning them around.

It knows a handful of patterns, and rather makes no question than a clumsy one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from articleqa.grounding.suggestions.amounts import AMOUNTS, counted_first
from articleqa.grounding.suggestions.asking import PATTERNS, how_to, what_caused
from articleqa.grounding.suggestions.people import People, person, says_about, who_is
from articleqa.grounding.suggestions.statements import Clause, Kind, Made, Vocabulary, clause, words

# Characters of a question, its mark included.
LONGEST = 90
# A statement that opens a text is worth this much more than one that ends it.
_EARLINESS = 0.2


@dataclass(frozen=True, slots=True)
class CandidateQuestion:
    """A question, and the sentence that it was made from (its index). ``score`` orders those of one article."""

    text: str
    sentence: int
    score: float


def candidate_questions(sentences: Sequence[str], *, title: str) -> list[CandidateQuestion]:
    """Questions that ``sentences`` answer, best first; none from what is not plain English.

    ``title`` says what the article is about: questions that share its words come first, and one that neither shares any
    nor names anybody could be about anything.
    """
    plain = [_plain(sentence) for sentence in sentences]
    title = _plain(title)
    topic = _stems(title)
    about = _About.of(plain, title)
    found: dict[tuple[str, frozenset[str]], CandidateQuestion] = {}
    for number, sentence in enumerate(plain):
        if not _STATEMENT.fullmatch(sentence) or _runs_over_a_heading(sentences[number]):
            continue
        for question, worth in _questions(sentence, about):
            text = _finished(question)
            if text is None or not _stands_alone(text, topic):
                continue
            score = worth + _bonus(text, topic) - _EARLINESS * number / len(plain)
            key = text.split()[0], _stems(text)
            if key not in found or found[key].score < score:
                found[key] = CandidateQuestion(text, number, score)
    return sorted(found.values(), key=lambda candidate: (-candidate.score, candidate.sentence, candidate.text))


# Sentences

_PARENTHESIS = re.compile(r"\s*\([^()]*\)|\[\d{1,3}\]")
# Neither a question nor markup nor code.
_STATEMENT = re.compile(r"[A-Z“\"‘'](?:(?!://)[^?!<>{}\\|\[\]]){18,398}[^.?!<>{}\\|\[\]]\.")
# Longer than a heading, shorter than a line of wrapped text.
_HEADING = 55


def _plain(sentence: str) -> str:
    """``sentence`` on one line, without what stands in parentheses."""
    return " ".join(_PARENTHESIS.sub("", sentence[:1000]).split())


def _runs_over_a_heading(sentence: str) -> bool:
    """Whether the first line is more likely a heading than the beginning of the sentence."""
    first, broken, rest = sentence.strip().partition("\n")
    return bool(broken) and len(first) < _HEADING and rest.lstrip()[:1].isupper()


@dataclass(frozen=True, slots=True)
class _About:
    """What all of an article tells about each of its sentences; ``name`` is its title where that is a name."""

    title: str
    vocabulary: Vocabulary
    people: People
    name: str

    @classmethod
    def of(cls, sentences: Sequence[str], title: str) -> _About:
        # "New bridge opens" tells names by their capitals, "New Bridge Opens" does not.
        telling = any(word[0].islower() and len(word) > 4 for word in words(title)[1:])
        vocabulary = Vocabulary.of([*sentences, *([f"- {title}"] if telling else [])])
        return cls(title, vocabulary, People.of([*sentences, title]), _as_name(title, sentences))


def _as_name(title: str, sentences: Sequence[str]) -> str:
    """The title as the text writes it within a sentence, where it is a name of several words; else nothing."""
    parts = title.split()
    small = {"of", "the", "and", "for", "de", "in"}
    if not 2 <= len(parts) <= 5 or not all(part[0].isupper() or part in small for part in parts):
        return ""
    if any(f"{the} {title}" in sentence for sentence in sentences for the in ("the", "The")):
        return f"the {title}"
    return title if any(title in sentence for sentence in sentences) else ""


def _questions(sentence: str, about: _About) -> Made:
    """Every question that a pattern makes of ``sentence``, with what the pattern is worth."""
    yield from who_is(sentence, about.people)
    yield from says_about(sentence, about.people, about.title)
    yield from how_to(sentence)
    yield from counted_first(sentence)
    yield from what_caused(sentence)
    parts = clause(sentence, about.vocabulary)
    if parts is not None:
        for pattern in (*PATTERNS, *AMOUNTS):
            yield from pattern(_named(parts, about))


def _named(parts: Clause, about: _About) -> Clause:
    """``parts`` with "the university" called by its name, where the title gives it, and a person by the full name."""
    own = parts.subject.split()
    if about.name and parts.kind is Kind.THE and len(own) == 2 and own[1] == _head(about.name):
        return replace(parts, subject=about.name)
    if parts.kind is not Kind.NAME:
        return parts
    full = about.people.full_names.get(own[-1], "")
    if len([word for word in own if word not in ("Mr", "Mrs", "Ms")]) == 1:
        return replace(parts, subject=full or parts.subject, human=bool(full))
    return replace(parts, human=person(parts.subject) == full != "")


def _head(name: str) -> str:
    """The noun of a name: "the University of Chicago" is a university."""
    return re.split(" (?:of|for|in|de) ", name)[0].split()[-1].lower()


# What a question may hold

_ELSEWHERE = frozenset(
    """
    he she it they them him her his hers theirs this these those there here we us our ours you yours your i me
    mine one ones such another others latter former each itself themselves himself herself yesterday today
    tomorrow tonight now nowadays currently recently ago last next monday tuesday wednesday thursday friday
    saturday sunday still again too even then therefore thus hence instead however moreover also so already yet
    earlier later soon meanwhile afterwards thereby
    """.split()
)
# "the BoardCARB": what was left out stood between two words.
_GLUED = re.compile(r"[a-z]{3}[A-Z]{2}|[a-z]{4}(?:The|In|It|This)\b")
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_ALLOWED = re.compile(
    rf"(?:[{_LETTERS}0-9 ]|(?<=[{_LETTERS}0-9])-(?=[{_LETTERS}0-9])|(?<=[{_LETTERS}])['’](?=[{_LETTERS}])"
    rf"|(?<=s)['’](?= )|(?<=\d)[.,](?=\d)|(?<=\d)%|[$€£](?=\d)|(?<=\b[A-Z])\.|(?<=\bSt)\.(?= )"
    rf"|(?<=\bDr)\.(?= )|(?<= )&(?= ))+"
)


def _finished(question: str) -> str | None:
    """The question with its mark, or None where it holds what a question on the first screen must not."""
    text = " ".join(question.split())
    if len(text) >= LONGEST or len(text.split()) < 3 or not _ALLOWED.fullmatch(text):
        return None
    said = words(text)[1:]
    if text.startswith("How do I "):
        said = [word for word in said[2:] if word != "my"]
    if any(word.lower() in _ELSEWHERE and word != "US" for word in said) or _GLUED.search(text):
        return None
    return f"{text}?"


def _stands_alone(question: str, topic: frozenset[str]) -> bool:
    """Whether a reader who has not seen the article knows what is asked about."""
    task = question.startswith("How do I ") and " the " not in question
    return task or _is_named(question) or bool(_stems(question) & topic)


def _is_named(question: str) -> bool:
    return any(word[0].isupper() and word != "I" for word in words(question)[1:])


def _bonus(question: str, topic: frozenset[str]) -> float:
    own = _stems(question)
    shared = 0.4 * len(own & topic) / max(1, len(own))
    return shared + (0.15 if _is_named(question) else 0.0) + (0.05 if 25 <= len(question) <= 70 else 0.0)


_EMPTY = frozenset(
    """
    a an the of in on at for from to by with and or as is are was were be been do does did has have had will would
    can could what who why when where how which much many long not its their about into it i my new after over say
    said
    """.split()
)


def _stems(text: str) -> frozenset[str]:
    """The telling words of ``text`` without their endings: "opening" and "opens" are one."""
    return frozenset(
        re.sub(r"(?:['’]s|ings?|ed|e?s|e)$", "", word.lower()) if len(word) > 3 else word.lower()
        for word in words(text)
        if word.lower() not in _EMPTY
    )
