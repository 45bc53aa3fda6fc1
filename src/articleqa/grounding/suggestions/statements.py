"""As much English as it takes to turn a plain statement around: its subject, its verb, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from articleqa.grounding.suggestions.verbs import (
    AUXILIARIES,
    FINITE,
    PARTICIPLES,
    PASTS,
    PLAIN,
    PRESENTS,
    is_past,
)

_OPENERS = frozenset(
    """
    a about according across after again against all almost along already also although among an and another any
    around as at because before behind below beside besides between beyond both but by currently despite during
    each earlier either even every everyone everything few finally first for former from further given he her here
    his how however i if in indeed inside instead into it its just last late later least less like many meanwhile
    more moreover most much my near nearly neither never nevertheless no nobody none nor not nothing now of off
    often on once one only or other others our out outside over overall part perhaps please recently second
    several she similarly since so some someone sometimes soon still such than that the their then there therefore
    these they third this those though three through throughout thus to today together tomorrow tonight too two
    under unless unlike until up upon via we what when whenever where whereas whether which while who whose why
    with within without yesterday yet you your current senior incumbent monday tuesday wednesday thursday friday
    saturday sunday january february march april may june july august september october november december
    """.split()
)
_PREPOSITIONS = frozenset("of in on at for from between over under near to with by against about across into".split())
_IN_NAMES = frozenset("of de du des del della di da van von der den la le al el bin for".split())
_DETERMINERS = frozenset("the a an its their his her our your my this that these those every each some any no".split())
# A noun phrase with one of these in it is more than a noun phrase, or points elsewhere.
_NO_NOUN_PHRASE = frozenset(
    """
    that which who whom whose where when while because if as than not also only never always often still now then
    so but or nor yet and both either it they he she we you i them us him this these those there here said says
    told just before after being since during until
    """.split()
)
_NO_HEAD = frozenset(
    """
    first second third last latter former latest same other others next previous following most best worst only
    rest result results fact reason thing things way ways problem question case point idea move one ones two three
    few many more less number majority more
    """.split()
)
_SINGULAR_IN_S = frozenset("is us news series species gas bus lens crisis basis thesis analysis campus virus".split())


def words(text: str) -> list[str]:
    """The words of ``text``."""
    return re.findall(r"[^\W_](?:[\w'’-]*\w)?", text)


# Questions, each with what its pattern is worth.
Made = Iterator[tuple[str, float]]


class Kind(StrEnum):
    """What a subject is: a name, a definite or an indefinite noun phrase, or a noun alone."""

    NAME = "name"
    THE = "the"
    A = "a"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Clause:
    """A statement, taken apart.

    Attributes:
        subject: as it stands in the middle of a sentence.
        plural: whether the subject takes a plural verb.
        auxiliary: the first auxiliary; for another verb ``do``, ``does`` or ``did``.
        verb: the plain form of the verb, empty where the auxiliary was in the statement.
        rest: what follows, without the full stop.
        spoken: the verb as it stands in the statement.
        front: what stood before the subject, as in "In 1871, the bridge …".
        human: whether the subject is known to be a person.
    """

    subject: str
    kind: Kind
    plural: bool
    auxiliary: str
    verb: str
    rest: str
    spoken: str
    front: str = ""
    human: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which words a text writes small, and which it writes large within its sentences."""

    small: frozenset[str]
    large: frozenset[str]

    @classmethod
    def of(cls, sentences: Iterable[str]) -> Vocabulary:
        """The vocabulary of ``sentences``; the first word of each says nothing."""
        small: set[str] = set()
        large: set[str] = set()
        for sentence in sentences:
            for word in words(sentence)[1:]:
                (large if word[0].isupper() else small).add(word)
        return cls(frozenset(small), frozenset(large))


_FRONT = re.compile(r"((?:In|On|By) (?:[A-Z][a-z]+ )?(?:\d{1,2}(?:, | [A-Z][a-z]+ ))?\d{4}),? (?=[A-Zt])")


# "The bridge, which was built in 1871, is 90 metres long": the insertion can be left out.
_INSERTION = re.compile(
    r"(?P<subject>[A-Z][^,;:]{2,60}), (?:which|who|an?|the|also|often|sometimes|commonly|formerly|once|known|"
    r"established|founded|designed|built|located|based|called|named|written|created|published|opened)\b[^,;:]{3,90}, "
    r"(?P<verb>[a-z]+) "
)


_CONNECTIVE = re.compile(
    r"(?:But|And|Yet|So|(?:However|Meanwhile|Overall|Still|First of all|First|Second|Third|Finally|Indeed|In addition|"
    r"Moreover|Also|Ultimately|As a result|For example|For instance|In fact|In particular),) (?=[A-Za-z])"
)
# They can be left out in front of a verb, and behind an auxiliary.
_DROPPED = frozenset("also now officially reportedly recently finally later therefore thus however originally".split())


def _bared(sentence: str) -> str:
    """``sentence`` without what ties it to the one before."""
    lead = _CONNECTIVE.match(sentence)
    if lead is not None:
        sentence = sentence[lead.end()].upper() + sentence[lead.end() + 1 :]
    tokens = sentence.split()
    for place in range(1, min(len(tokens) - 1, 10)):
        verb_follows = tokens[place + 1] in FINITE | PLAIN
        if tokens[place] in _DROPPED and (verb_follows or tokens[place - 1] in AUXILIARIES):
            return " ".join([*tokens[:place], *tokens[place + 1 :]])
    return sentence


def clause(sentence: str, vocabulary: Vocabulary) -> Clause | None:
    """The parts of a plain statement, or None where it is not plain enough."""
    sentence = _bared(sentence)
    front = _FRONT.match(sentence)
    if front is not None:
        sentence = sentence[front.end() :]
        if sentence.startswith("the "):
            sentence = "T" + sentence[1:]
    inserted = _INSERTION.match(sentence)
    if inserted is not None and inserted.group("verb") in FINITE:
        head = inserted.group("subject")
        sentence = f"{head} {sentence[inserted.start('verb') :]}" if FINITE.isdisjoint(head.split()[1:]) else sentence
    tokens = sentence.rstrip(" .").split()
    found = _subject(tokens, vocabulary)
    if found is None:
        return None
    subject, kind, place = found
    verb, rest = tokens[place], " ".join(tokens[place + 1 :])
    # A name does not tell, but its verb does: "the Normans were", "the United States is".
    plural = verb in ("are", "were", "have", "do") if kind is Kind.NAME else _is_plural(subject)
    following = tokens[place + 1] if place + 1 < len(tokens) else ""
    opening = front.group(1) if front is not None else ""
    owns = verb in ("has", "have", "had") and following not in PARTICIPLES and following != "been"
    if verb in AUXILIARIES and not owns:
        disagrees = ("is", "was", "has", "does") if plural else ("are", "were", "have", "do")
        if verb in disagrees or (verb in ("do", "does", "did") and following != "not"):
            return None
        if verb == "had" and rest.startswith("been "):
            verb, rest = "were" if plural else "was", rest[5:]
        return Clause(subject, kind, plural, verb, "", rest, tokens[place], opening)
    # In "the trade talks failed" the talks are no verb, and in "the house built in 1871 is for sale" built is none.
    if (verb in PASTS or verb in PRESENTS) and not owns and _has_verb(rest):
        return None
    if verb in PASTS and not (verb in PLAIN and plural):  # "the repairs cost" may be either
        return Clause(subject, kind, plural, "did", PASTS[verb].base, rest, tokens[place], opening)
    if verb in PRESENTS and not plural:
        return Clause(subject, kind, plural, "does", PRESENTS[verb].base, rest, tokens[place], opening)
    if verb in PLAIN and plural and verb not in PASTS:
        return Clause(subject, kind, plural, "do", verb, rest, tokens[place], opening)
    return None


_NEXT_CLAUSE = re.compile(
    r"[,;:–—]| (?:and|but|because|when|while|after|before|since|that|which|who|as|so|if|though|although|where|until)\b"
)


def _has_verb(rest: str) -> bool:
    """Whether what follows a verb has another one in the same clause."""
    own = _NEXT_CLAUSE.split(f" {rest}")[0].split()
    return any(word in AUXILIARIES or is_past(word) for word in own)


_COMMON = frozenset(
    """
    house home oil gas food fuel energy power water rail road train bus car air sea health school public private
    local national regional global annual quarterly consumer property rent wage prices profits sales shares
    exports imports inflation unemployment turnover revenue traffic crime sea city town village police scientists
    researchers doctors teachers nurses farmers fishermen workers residents voters students pupils parents
    engineers archaeologists firefighters members visitors tourists passengers ticket interest tax house-building
    plans work construction
    """.split()
)


def _subject(tokens: Sequence[str], vocabulary: Vocabulary) -> tuple[str, Kind, int] | None:
    """The subject that ``tokens`` begin with, its kind, and where the verb stands."""
    if len(tokens) < 3:
        return None
    first = tokens[0]
    if first in ("The", "A", "An"):
        place = _noun_phrase(tokens)
        kind = Kind.THE if first == "The" else Kind.A
        return (" ".join([first.lower(), *tokens[1:place]]), kind, place) if place else None
    if not first[:1].isupper() or first.lower() in _OPENERS or first.endswith(("ly", "ing")):
        return None
    place = _name(tokens)
    if place and _is_name(tokens[:place], vocabulary):
        return " ".join(tokens[:place]), Kind.NAME, place
    place = _noun_phrase(tokens, longest=6)
    # "Western leaders": an adjective made of a name keeps its capital.
    if place > 1 and first in vocabulary.large and first.lower() not in vocabulary.small and tokens[1].islower():
        return " ".join(tokens[:place]), Kind.BARE, place
    common = (first.lower() in vocabulary.small or first.lower() in _COMMON) and first not in vocabulary.large
    if place and common and all(token.islower() for token in tokens[1 : min(place, 2)]):
        return " ".join([first.lower(), *tokens[1:place]]), Kind.BARE, place
    return None


def _noun_phrase(tokens: Sequence[str], *, longest: int = 7) -> int:
    """Where the verb after a noun phrase stands, 0 where there is none."""
    articled = tokens[0] in ("The", "A", "An")
    for place in range(1, min(len(tokens), longest + 1)):
        word, before = tokens[place], tokens[place - 1]
        if place > articled and _is_verb(tokens, place):
            bad_end = before.lower() in _NO_HEAD or before in _PREPOSITIONS or before in _DETERMINERS
            return 0 if bad_end or before.endswith("ly") else place
        if not re.fullmatch(r"[^\W_](?:[\w'’-]*\w)?[’']?", word) or word.lower() in _NO_NOUN_PHRASE:
            return 0
        if word.lower() in _DETERMINERS and before not in _PREPOSITIONS:
            return 0
        if place > 1 and word in PARTICIPLES and tokens[place - 1] not in _PREPOSITIONS:
            return 0
        if word[0].isupper() and before[0].islower() and before.endswith(("s", "ed")) and place > 1:
            return 0
    return 0


def _is_verb(tokens: Sequence[str], place: int) -> bool:
    """Whether a word that may be a verb is one: "forces" is none in "the forces could", "work" none in "the work"."""
    word, before = tokens[place], tokens[place - 1]
    following = tokens[place + 1] if place + 1 < len(tokens) else ""
    if word in AUXILIARIES or is_past(word):
        return True
    if following in AUXILIARIES or following in PASTS:
        return False
    return word in FINITE or (word in PLAIN and before.endswith("s") and not before.endswith("ss"))


def _name(tokens: Sequence[str]) -> int:
    """Where the verb after a name stands, 0 where there is none."""
    for place in range(1, min(len(tokens), 9)):
        word = tokens[place]
        if word in FINITE:
            return place if tokens[place - 1] not in _IN_NAMES else 0
        if word in PLAIN and tokens[place - 1].endswith("s"):
            return place
        if word == "of" and place == 1 and tokens[0] in ("North", "South", "East", "West"):
            return 0
        in_name = word in _IN_NAMES or (word == "the" and tokens[place - 1] in ("of", "for"))
        if not in_name and not re.fullmatch(r"(?:[A-ZÀ-Þ][\w'’-]*|[A-Z]\.|\d+)", word):
            return 0
    return 0


def _is_name(tokens: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether capitals at the beginning of a sentence are a name's, and not only the sentence's."""
    first = tokens[0]
    if len({token for token in tokens if token[0].isupper()}) < sum(token[0].isupper() for token in tokens):
        return False  # a heading has run into the sentence
    return first in vocabulary.large or (len(tokens) > 1 and first.lower() not in vocabulary.small)


def _is_plural(subject: str) -> bool:
    """Whether a subject takes a plural verb, by the noun before its first preposition."""
    tokens = subject.split()
    head = next((tokens[at - 1] for at, word in enumerate(tokens) if at and word in _PREPOSITIONS), tokens[-1])
    return head in ("people", "men", "women", "children", "police") or (
        head.endswith("s") and not head.endswith(("ss", "’s", "'s")) and head.lower() not in _SINGULAR_IN_S
    )


def turned(asked: str, parts: Clause, more: str = "") -> str:
    """``asked``, the subject turned around, and ``more``: "Why did the county build the bridge"."""
    return " ".join(part for part in (asked, parts.auxiliary, parts.subject, parts.verb, more.strip()) if part)


_CLAUSES = frozenset(
    """
    that which who whom whose when while whereas whereby although though if unless until since but or said says told
    """.split()
)
_OPEN_ENDS = frozenset(
    """
    of in on at for from to by with about into over under between the a an and or as than not its their very more
    """.split()
)


def is_plain(told: str, *, after_verb: bool) -> bool:
    """Whether ``told`` can stand behind the subject of a question: no clause of its own, nothing left hanging.

    ``after_verb`` says that the verb stands before it; otherwise ``told`` begins with it.
    """
    if not re.fullmatch(r"[\w'’ %$€£.,-]*", told) or re.search(r", | -|- ", f"{told} "):
        return False
    spoken = words(told.lower())
    if set(spoken) & _CLAUSES or (spoken and spoken[-1] in _OPEN_ENDS):
        return False
    others = spoken if after_verb else spoken[1:]
    if set(others) & AUXILIARIES or (after_verb and spoken and is_past(spoken[0])):
        return False
    return not any(word in FINITE and word not in PARTICIPLES and not word.endswith("s") for word in others)
