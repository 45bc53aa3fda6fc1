"""A text as sentences of tokens: what is a number, a name, a negation, and where each stands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from articleqa.grounding.support.amounts import with_numbers
from articleqa.grounding.support.negations import denies, may_cancel
from articleqa.grounding.support.opposites import IRREGULAR
from articleqa.grounding.support.tokens import Dated, Kind, Token

Stems = Callable[[str], Sequence[str]]

SENTENCE_END = re.compile(
    r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bJr)(?<!\bSr)(?<!\bvs)(?<!\bNo)(?<!\bGen)(?<!\bProf)(?<!\b[A-Z])"
    r"(?<!\bz\.B)[.!?…](?:[\"”’»)\]]|\s?'')*\s+(?=[\"“‘«„(\[]*[^\W_a-z])|(?<=[。！？])|\n+"
)
_TOKEN = re.compile(
    r"(?P<iso>\d{4}-\d{2}-\d{2}(?!\d))"
    r"|(?P<slashed>\d{1,2}([./])\d{1,2}\3\d{4}(?!\d))"
    r"|(?P<number>(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:’']\d+)*))"
    r"|(?P<initials>(?:[A-Z]\.){2,})"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)"
    r"|(?P<sign>[%$€£¥°])"
)
_CLITIC = re.compile(r"([ldjsctmn]|qu)['’](?=\w{2,})", re.IGNORECASE)
_GENITIVE = re.compile(r"['’]s?$")
_CONTRACTED = re.compile(r"(\w+)n['’]t$", re.IGNORECASE)
_FUNCTION = frozenset(
    """
    a an the of in on at by to for from with and or as is are was were be been being has have had do does did will would
    can could may might shall should must that which who whom whose it its he she they his her their this these those
    there than then into per up about also both so such very some any said says
    der die das den dem des ein eine einen einem einer und oder ist sind war waren hat haben wird werden im am zu von
    mit
    le la les un une des du de et ou est sont était a ont dans en au aux que qui se
    el los las una unos del y o es son fue ha han por con para
    """.split()
)
# Capitalised where they begin sentences, and no names.
OPENERS = frozenset(
    """
    the a an he she it they we you i this that these those there here in on at as but and or so if when while after
    before his her its their our my for from by with to not no one some many most what who how why where however
    although because since during both each every all according yes also another other more such then thus therefore
    additionally overall meanwhile currently finally later now today still only about around over under between through
    until once recently instead despite even just like unlike together furthermore moreover none nobody nothing neither
    never nor everyone everybody everything several few less without which whose whether until upon within throughout
    using based given among unlike first second third last next early late half article articles text quote passage
    der die das ein eine er sie es wir im am in nach vor bei mit und aber le la les un une il elle ils elles dans après
    el los las una en al
    """.split()
)
_COMMON_ENDINGS = ("ers", "ists", "ing", "ings", "tion", "tions", "ment", "ments", "ly", "ed", "ness", "ities", "ally")


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A sentence: its tokens, the places of those that are denied, and its dates. Equal to itself alone."""

    tokens: tuple[Token, ...]
    denied: frozenset[int] = frozenset()
    dates: tuple[Dated, ...] = ()
    keys: frozenset[str] = field(default_factory=frozenset)


def name_of(word: str) -> str:
    """A name without its genitive, in lower case."""
    return _GENITIVE.sub("", word).lower()


@lru_cache(maxsize=256)
def read(text: str, stems: Stems) -> tuple[Read, ...]:
    """The sentences of a text. The last few hundred texts are remembered: each is compared with many sentences."""
    sentences = []
    start = 0
    for end in (*(match.end() for match in SENTENCE_END.finditer(text)), len(text)):
        if text[start:end].strip():
            sentences.append(_sentence(text[start:end], stems))
        start = end
    return tuple(sentence for sentence in sentences if sentence.tokens)


def _sentence(text: str, stems: Stems) -> Read:
    raw = list(_with_brackets(text, stems))
    tokens, dates = with_numbers(raw)
    tokens = [
        replace(token, kind=Kind.NEGATION)
        if token.kind in (Kind.WORD, Kind.FUNCTION) and denies(token.lower, *_two_after(tokens, place))
        else token
        for place, token in enumerate(tokens)
    ]
    # "No longer" is one negation, and "still" its opposite.
    tokens = [
        replace(token, kind=Kind.FUNCTION)
        if token.lower in ("still", "anymore")
        or (token.lower == "longer" and place and tokens[place - 1].lower in ("no", "any"))
        else token
        for place, token in enumerate(tokens)
    ]
    tokens = _cancelled(tokens)
    return Read(
        tuple(tokens),
        frozenset(
            head for place, token in enumerate(tokens) if token.kind is Kind.NEGATION for head in heads(tokens, place)
        ),
        tuple(dates),
        frozenset(token.key for token in tokens if token.kind is not Kind.FUNCTION),
    )


def heads(tokens: Sequence[Token], place: int) -> list[int]:
    """What the negation at ``place`` denies: the next word that means something, or the last one before it."""
    for other in range(place + 1, min(place + 6, len(tokens))):
        if tokens[other].kind not in (Kind.FUNCTION, Kind.NEGATION) and not tokens[other].lower.endswith("ly"):
            return [other]
        if tokens[other - 1].after in (",", ";", ":"):
            break
    for other in range(place - 1, max(-1, place - 4), -1):
        if tokens[other].kind not in (Kind.FUNCTION, Kind.NEGATION):
            return [other]
    return []


def _two_after(tokens: Sequence[Token], place: int) -> tuple[str, str]:
    words = [token.lower for token in tokens[place + 1 : place + 3]]
    return (words[0] if words else "", words[1] if len(words) > 1 else "")


def _cancelled(tokens: list[Token]) -> list[Token]:
    """Without the pairs of negations that take each other back."""
    places = [place for place, token in enumerate(tokens) if token.kind is Kind.NEGATION]
    tokens = list(tokens)
    for one, other in itertools.pairwise(places):
        if other - one <= 3 and tokens[one].kind is Kind.NEGATION and may_cancel(tokens[other].lower):
            for place in (one, other):
                tokens[place] = replace(tokens[place], kind=Kind.FUNCTION)
    return tokens


def _with_brackets(text: str, stems: Stems) -> Iterator[Token]:
    """Tokens, before numbers of several words are put together."""
    depth = last = 0
    for match in _TOKEN.finditer(text):
        between = text[last : match.start()]
        depth, last = max(0, depth + between.count("(") - between.count(")")), match.start()
        for token in _raw(text, match, stems):
            yield replace(token, aside=True) if depth else token


def _raw(text: str, match: re.Match[str], stems: Stems) -> Iterator[Token]:
    """What a match is: one token, none, or those of a word that is two."""
    opens = _opens(text, match.start())
    after = _after(text, match.end())
    if match.group().lower() == "s" and text[match.start() - 1 : match.start()] in ("'", "’"):
        return  # a genitive that stands apart, as in "month 's"
    if match["initials"]:
        word = match.group().replace(".", "")
        yield Token(match.group(), word.lower(), word.lower(), Kind.NAME, opens=opens, after=after)
    elif match["word"]:
        yield from _words(match.group(), stems, opens, after)
    else:
        yield Token(match.group(), match.group().lower(), match.group(), Kind.NUMBER, opens=opens, after=after)


def _after(text: str, end: int) -> str:
    """The sign that follows, also after a space, or the letter that follows without one; empty before a new word."""
    following = text[end : end + 1]
    if re.match(r" ?['’]s?(?!\w)", text[end : end + 4]):
        return "'"
    if following != " ":
        return following
    return text[end + 1 : end + 2] if text[end + 1 : end + 2] in _SIGNS else ""


_SIGNS = frozenset(",;:()–-")


def _opens(text: str, start: int) -> bool:
    before = text[max(0, start - 4) : start].rstrip(" ")
    stripped = before.rstrip("\"“”‘’'`(«„[")
    return not text[:start].strip(" \"“”‘’'`(«„[") or stripped.endswith((".", "!", "?", ":")) or stripped != before


def _words(word: str, stems: Stems, opens: bool, after: str) -> Iterator[Token]:
    contracted = _CONTRACTED.fullmatch(word)
    if word.lower() == "cannot" or word.lower() in ("can't", "can’t"):
        yield Token(word, "cannot", "not", Kind.NEGATION, opens=opens, after=after)
        return
    if contracted:
        yield Token(contracted[1], contracted[1].lower(), contracted[1].lower(), Kind.FUNCTION, opens=opens)
        yield Token("n't", "n't", "not", Kind.WORD, after=after)
        return
    clitic = _CLITIC.match(word)
    if clitic and not word[0].isupper() | (len(word) > 3 and word[clitic.end()].isupper() and word[0].isupper()):
        yield Token(clitic.group(), clitic[1].lower() + "'", clitic[1].lower(), Kind.FUNCTION, opens=opens)
        word, opens = word[clitic.end() :], False
    bare = _GENITIVE.sub("", word) or word
    # A name in the genitive is not part of the one that follows it.
    after = "'" if bare != word else after
    lower = bare.lower()
    if word[0].isupper() and lower not in OPENERS and not (opens and lower in _FUNCTION):
        yield Token(bare, lower, _stem(lower, stems), Kind.NAME, opens=opens, after=after)
    else:
        kind = Kind.FUNCTION if lower in _FUNCTION else Kind.WORD
        yield Token(bare, lower, _stem(lower, stems), kind, opens=opens, after=after)


@lru_cache(maxsize=16384)
def _stem(word: str, stems: Stems) -> str:
    found = stems(IRREGULAR.get(word, word))
    return found[0] if found else word
