"""A text as sentences of tokens: what is a number, a name, a negation, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from articleqa.grounding.support import numbers
from articleqa.grounding.support.negations import denies, may_cancel
from articleqa.grounding.support.numbers import Value

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
    der die das den dem des ein eine einen einem einer und oder ist sind war waren hat haben wird werden im am zu von mit
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


class Kind(StrEnum):
    """What a token is, as far as checking goes."""

    WORD = "word"
    FUNCTION = "function"
    NAME = "name"
    NUMBER = "number"
    NEGATION = "negation"


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number. ``key`` is what makes it the same as another; ``values`` those of a number, else empty.

    ``sort`` is what a number counts as (year, month, day, ordinal, count); ``opens`` whether it begins a sentence or a
    quotation, where any word has a capital.
    """

    text: str
    lower: str
    key: str
    kind: Kind
    values: frozenset[Value] = frozenset()
    unit: str | None = None
    sort: str = ""
    opens: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Dated:
    """A date as it is written: what it leaves out is None. ``days`` and ``months`` are both readings of 5/12."""

    days: frozenset[int]
    months: frozenset[int]
    year: int | None


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
    raw = list(_raw(text, stems))
    tokens, dates = _with_numbers(raw)
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
    for one, other in zip(places, places[1:], strict=False):
        if other - one <= 3 and tokens[one].kind is Kind.NEGATION and may_cancel(tokens[other].lower):
            for place in (one, other):
                tokens[place] = replace(tokens[place], kind=Kind.FUNCTION)
    return tokens


def _raw(text: str, stems: Stems) -> Iterator[Token]:
    """Tokens, before numbers of several words are put together."""
    for match in _TOKEN.finditer(text):
        opens = _opens(text, match.start())
        after = _after(text, match.end())
        if match.group().lower() == "s" and text[match.start() - 1 : match.start()] in ("'", "’"):
            continue  # a genitive that stands apart, as in "month 's"
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
    found = stems(word)
    return found[0] if found else word


def _with_numbers(raw: Sequence[Token]) -> tuple[list[Token], list[Dated]]:
    """Tokens with numbers put together from their words, magnitudes and units, and the dates among them."""
    tokens: list[Token] = []
    dates: list[Dated] = []
    place = 0
    while place < len(raw):
        token = raw[place]
        if token.kind is Kind.NUMBER and any(map(str.isdigit, token.text)):
            made, place = _from_digits(raw, place, dates)
            tokens += made
        elif token.kind is Kind.NUMBER:
            place += 1  # a sign that was read with its number, or stands alone
        elif numbers.vague(token.lower):
            tokens.append(replace(token, kind=Kind.NUMBER, values=frozenset((token.lower.rstrip("s"),)), sort="vague"))
            place += 1
        elif (month := _month(raw, place)) is not None:
            tokens.append(
                replace(
                    token, kind=Kind.NUMBER, key=f"month{month}", values=frozenset((f"month{month}",)), sort="month"
                )
            )
            dates += _dated(raw, place, month)
            place += 1
        elif (spelled := _spelled(raw, place)) is not None:
            value, taken = spelled
            words = raw[place : place + taken]
            unit = _unit(raw, place - 1, place + taken)
            sort = "ordinal" if numbers.is_ordinal(token.lower) else "count"
            # "One" is mostly a pronoun.
            sort = "pronoun" if taken == 1 and token.lower in ("one", "neuf", "once", "vier") else sort
            text = " ".join(word.text for word in words)
            tokens.append(
                Token(
                    text,
                    token.lower,
                    f"{value:g}",
                    Kind.NUMBER,
                    frozenset((value,)),
                    unit,
                    sort,
                    token.opens,
                    words[-1].after,
                )
            )
            place += taken
        else:
            tokens.append(token)
            place += 1
    return _with_shared_magnitudes(tokens), dates


def _from_digits(raw: Sequence[Token], place: int, dates: list[Dated]) -> tuple[list[Token], int]:
    token = raw[place]
    parts = (
        [int(part) for part in re.split(r"[-./]", token.text)]
        if re.fullmatch(r"\d+([-./])\d+\1\d+", token.text)
        else []
    )
    if len(parts) == 3:
        year, month, day = parts if parts[0] > 31 else reversed(parts)
        if year > 999 and 0 < max(month, day) <= 31:
            swappable = "/" in token.text and max(month, day) <= 12
            months = frozenset((month, day) if swappable else (month if month <= 12 else day,))
            days = frozenset((month, day) if swappable else (day if month <= 12 else month,))
            dates.append(Dated(days, months, year))
            made = [
                ("year", frozenset[Value]((float(year),))),
                ("month", frozenset[Value](f"month{month}" for month in months)),
                ("day", frozenset[Value](float(day) for day in days)),
            ]
            return [
                replace(token, key=str(min(map(str, values))), values=values, sort=sort) for sort, values in made
            ], place + 1
    values = numbers.values_of(token.text)
    following = place + 1
    suffix = raw[following].lower if following < len(raw) else ""
    sort = "count"
    if (
        not token.after
        and suffix in ("st", "nd", "rd", "th")
        or (token.after == suffix[:1] and suffix in ("st", "nd", "rd", "th"))
    ):
        sort, following = "ordinal", following + 1
    elif token.after == "s" == suffix:
        following += 1
    elif (
        suffix
        and (scale := numbers.magnitude(suffix))
        and (len(suffix) > 3 or token.after[:1] == suffix[0] or suffix in ("bn", "mn", "mio", "mrd"))
    ):
        if not (suffix == "m" and not _money(raw, place - 1)):
            values = frozenset(round(value * scale, 6) if isinstance(value, float) else value for value in values)
            following += 1
            token = replace(token, text=f"{token.text} {suffix}")
    if _is_day(raw, place):
        sort = "day"
    elif numbers.is_year(token.text) and sort == "count" and following == place + 1:
        sort = "year"
    unit = None if sort in ("day", "year") else _unit(raw, place - 1, following)
    key = f"{min(values, key=str)}"
    return [replace(token, key=key, values=values, unit=unit, sort=sort)], following


def _money(raw: Sequence[Token], place: int) -> bool:
    return place >= 0 and raw[place].lower in ("$", "€", "£", "¥")


def _unit(raw: Sequence[Token], before: int, after: int) -> str | None:
    if after < len(raw):
        word = raw[after].lower
        if word == "per" and after + 1 < len(raw) and raw[after + 1].lower == "cent":
            return "%"
        if word in ("pour", "por") and after + 1 < len(raw) and raw[after + 1].lower in ("cent", "ciento"):
            return "%"
        if (unit := numbers.unit_of(word)) is not None:
            return unit
    return numbers.unit_of(raw[before].lower) if _money(raw, before) else None


def _spelled(raw: Sequence[Token], place: int) -> tuple[float, int] | None:
    words = [token.lower if token.kind is not Kind.NUMBER else "" for token in raw[place : place + 9]]
    return numbers.spelled(words)


def _month(raw: Sequence[Token], place: int) -> int | None:
    token = raw[place]
    month = numbers.month_of(token.lower)
    if month is None or not (token.text[0].isupper() or token.lower not in numbers.UNSURE_MONTHS):
        return None
    before = raw[place - 1] if place else None
    after = raw[place + 1] if place + 1 < len(raw) else None
    if token.lower not in numbers.UNSURE_MONTHS:
        return month
    beside = any(other is not None and other.text[:1].isdigit() for other in (before, after))
    led = before is not None and before.lower in _LEADING_MONTHS
    return month if beside or led else None


_LEADING_MONTHS = frozenset(
    "in of since until by late early mid last next this from during between and im de en until till".split()
)


def _is_day(raw: Sequence[Token], place: int) -> bool:
    text = raw[place].text
    if not (text.isdigit() and 0 < int(text) <= 31):
        return False
    before, after = place - 1, place + 1
    if after < len(raw) and raw[after].lower in ("st", "nd", "rd", "th"):
        after += 1
    while after < len(raw) and raw[after].lower in ("of", "de"):
        after += 1
    return (before >= 0 and _month(raw, before) is not None) or (after < len(raw) and _month(raw, after) is not None)


def _dated(raw: Sequence[Token], place: int, month: int) -> list[Dated]:
    """The date around a month, when there is more to it."""
    days = [
        int(raw[other].text)
        for other in range(max(0, place - 3), min(len(raw), place + 2))
        if other != place and raw[other].text.isdigit() and _is_day(raw, other) and not _between(raw, other, place)
    ]
    years = [
        int(raw[other].text)
        for other in range(place + 1, min(len(raw), place + 4))
        if numbers.is_year(raw[other].text) and not _between(raw, place, other)
    ]
    if not (days or years):
        return []
    return [Dated(frozenset(days[-1:]), frozenset((month,)), years[0] if years else None)]


def _between(raw: Sequence[Token], one: int, other: int) -> bool:
    """Whether something else than a day or its ending stands between."""
    first, last = sorted((one, other))
    return any(
        not (token.text.isdigit() or token.lower in ("st", "nd", "rd", "th", "of", "de"))
        for token in raw[first + 1 : last]
    )


def _with_shared_magnitudes(tokens: list[Token]) -> list[Token]:
    """In "5 to 7 million" the first may be millions as well."""
    for place in range(len(tokens) - 1):
        one = tokens[place]
        after = place + 2 if place + 2 < len(tokens) and tokens[place + 1].lower in ("to", "and", "or") else place + 1
        other = tokens[after]
        scale = numbers.magnitude(other.text.split()[-1].lower())
        if scale and one.sort == "count" == other.sort and (after == place + 2 or one.after in "-–"):
            more = frozenset(value * scale for value in one.values if isinstance(value, float))
            tokens[place] = replace(one, values=one.values | more)
    return tokens
