"""Questions about whole articles: a summary, what is new, what several of them agree on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from articleqa.grounding.periods import Period, find_period


class OverviewKind(StrEnum):
    """What is asked for."""

    SUMMARY = "summary"
    NEWS = "news"
    AGREEMENT = "agreement"


class Scope(StrEnum):
    """Which articles are meant."""

    FOCUS = "focus"
    """The one that is being talked about."""
    NEWEST = "newest"
    NAMED = "named"
    """The one about the subject."""
    SUBJECT = "subject"
    """Whichever say something about the subject."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class OverviewQuestion:
    """A question about whole articles. ``sentences`` is how many are asked for, None where it does not matter."""

    kind: OverviewKind
    scope: Scope
    subject: str = ""
    period: Period | None = None
    sentences: int | None = None


_ARTICLE = r"(?:news )?(?:article|text|document|file|story|piece|report|page|post|paper)"
_POLITE = re.compile(
    r"^(?:(?:and|now|so|then|please|hey|hi|hello|ok|okay|can you|could you|would you|will you|i want you to|"
    r"i would like you to|i'd like you to)\b[ ,]*)+",
    re.IGNORECASE,
)
_ASKING = r"(?:(?:give (?:me|us)|write|make|show me|tell me|list|i need|i want|i would like|i'd like) )?"
_SUMMARY = re.compile(
    r"^(?:(?:briefly |quickly )?(?:summari[sz]e|sum up|recap)(?: for me)?"
    rf"|{_ASKING}(?:(?:a|an|the) )?(?:(?:short|brief|quick|concise|general) )*"
    r"(?:summary|overview|recap|gist|synopsis|tl;?dr)(?: (?:of|on|about|for))?"
    rf"|(?:what(?: is|'s| are| were) |{_ASKING})(?:the )?(?:main|key|most important|central) "
    r"(?:points?|takeaways?|ideas?|messages?|statements?)(?: (?:of|in|from))?)"
    r"(?:[: ]+(?P<rest>.*))?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    rf"^what(?: is|'s| are| was| were) (?P<rest>this|it|that|(?:(?:the|this|that|these|those|my|all(?: the)?) )"
    rf"(?:(?:newest|latest|last|most recent) )?{_ARTICLE}s?) (?:all )?about$"
    rf"|^(?:what does|what do) (?P<says>(?:the|this|that|these|those|my) (?:(?:newest|latest|last|most recent) )?"
    rf"{_ARTICLE}s?) say$",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"[ ,]*\b(?:in (?P<count>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)(?: short)? "
    r"(?:sentences?|points?|bullet points?|lines?)|in (?:a few|some) (?:sentences|words|lines)|in short|"
    r"in (?:a|one) paragraph|briefly|shortly|for me|please)$",
    re.IGNORECASE,
)
_FOCUS = re.compile(rf"^(?:it|this|that|this one|that one|(?:the|this|that) (?:whole )?{_ARTICLE})$", re.IGNORECASE)
_NEWEST = re.compile(
    rf"^(?:the |this |my )?(?:newest|latest|last|most recent) (?:{_ARTICLE}|one)$",
    re.IGNORECASE,
)
_ALL = re.compile(
    rf"^(?:them|these|those|all|everything|(?:all )?(?:of )?(?:the |these |those |my |our )?"
    rf"(?:(?:newest|latest|last|most recent) )?(?:{_ARTICLE}s|library|collection|news)|all of (?:them|it)|"
    r"the whole library)$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"^(?:the |this |that |an )?{_ARTICLE} (?:about|on|titled|called|named|entitled|from|by|of|with the title) "
    r"(?P<name>.+)$",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"^(?:the |this |that |your |my )?(?P<name>.+?) {_ARTICLE}$", re.IGNORECASE)
_QUOTED = re.compile(r"^(?:the (?:article|text|story) )?[\"“‘«„](?P<name>[^\"”’»“]+)[\"”’»“]$", re.IGNORECASE)
_NEWS = re.compile(
    r"^(?:what(?: is|'s|s| has been| have been| was| has| are| were)? "
    r"(?:the news|the latest(?: news)?|new|newly (?:reported|published)|happened|changed|been (?:reported|published)|"
    r"reported|published)|(?:is there |are there |do you have )?(?:any|some) news|anything new|"
    r"(?:the )?(?:latest |newest )?news)"
    r"(?: (?:about|on|with|in|regarding|around|from|of) (?P<subject>.+))?$",
    re.IGNORECASE,
)
_AGREEMENT = re.compile(
    rf"^(?:on |about )?(?:what|which points?) (?:do|does|did) "
    rf"(?:they|both|(?:all )?(?:of )?(?:the |these |those |my |both |all )*(?:{_ARTICLE}s|sources|outlets|newspapers))"
    r"(?: (?:all|both))? (?:agree|say in common)"
    r"(?: (?:on|about))?(?: (?:regarding|concerning|about|on|when it comes to) (?P<subject>.+))?$"
    rf"|^what do (?:they|the {_ARTICLE}s|these {_ARTICLE}s|all {_ARTICLE}s) (?:all )?have in common$",
    re.IGNORECASE,
)
_NUMBERS = {
    word: value for value, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
}
_NUMBER_WORDS = "one two three four five six seven eight nine ten".split()


def overview_question(question: str, *, today: date) -> OverviewQuestion | None:
    """What whole articles are asked for, or None where the question asks for something that one of them says."""
    plain = " ".join(question.replace("’", "'").split()).strip("?!. ")
    plain = _POLITE.sub("", plain)
    if (match := _AGREEMENT.search(plain)) is not None:
        subject = (match["subject"] or "").strip()
        return OverviewQuestion(OverviewKind.AGREEMENT, Scope.SUBJECT if subject else Scope.FOCUS, subject)
    if (news := _news(plain, today)) is not None:
        return news
    plain, sentences = _without_length(plain)
    match = _SUMMARY.search(plain)
    if match is None and (match := _ABOUT.search(plain)) is not None:
        return _summary(match["rest"] or match["says"], sentences)
    return _summary(match["rest"] or "", sentences) if match is not None else None


def _news(plain: str, today: date) -> OverviewQuestion | None:
    """What is new in a period; without one, what is new about a subject."""
    dated = find_period(plain, today=today)
    period, rest = dated if dated is not None else (None, plain)
    match = _NEWS.search(rest.strip(" ,"))
    if match is None:
        return None
    subject = (match["subject"] or "").strip(" ,")
    if _ALL.search(subject):
        subject = ""
    if period is None and not (subject and re.search(r"\b(?:new|news|latest)\b", rest, re.IGNORECASE)):
        return None
    return OverviewQuestion(OverviewKind.NEWS, Scope.SUBJECT if subject else Scope.ALL, subject, period)


def _without_length(plain: str) -> tuple[str, int | None]:
    """The question without the length that it asks for, and that length in sentences."""
    sentences = None
    while (match := _LENGTH.search(plain)) is not None:
        sentences = sentences or (_count(match["count"].lower()) if match["count"] else None)
        plain = plain[: match.start()]
    return plain, sentences


def _count(word: str) -> int:
    return int(word) if word.isdecimal() else _NUMBER_WORDS.index(word) + 1


def _summary(rest: str, sentences: int | None) -> OverviewQuestion:
    subject = rest.strip(" :,")
    if not subject or _FOCUS.search(subject):
        scope, subject = Scope.FOCUS, ""
    elif _NEWEST.search(subject):
        scope, subject = Scope.NEWEST, ""
    elif _ALL.search(subject):
        scope, subject = Scope.ALL, ""
    elif (named := _NAMED.search(subject) or _QUOTED.search(subject) or _BEFORE.search(subject)) is not None:
        scope, subject = Scope.NAMED, named["name"].strip("\"“”‘’'«»„ ")
    else:
        scope = Scope.SUBJECT
    return OverviewQuestion(OverviewKind.SUMMARY, scope, subject, sentences=sentences)
