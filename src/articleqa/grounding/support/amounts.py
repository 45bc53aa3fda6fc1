"""Numbers and dates among the tokens of a sentence: put together from their words, magnitudes and units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from articleqa.grounding.support import numbers
from articleqa.grounding.support.numbers import Value
from articleqa.grounding.support.tokens import Dated, Kind, Token

_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())


def with_numbers(raw: Sequence[Token]) -> tuple[list[Token], list[Dated]]:
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
        elif token.lower in _WEEKDAYS and token.text[0].isupper():
            tokens.append(
                replace(token, kind=Kind.NUMBER, key=token.lower, values=frozenset((token.lower,)), sort="weekday")
            )
            place += 1
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
                    token.aside,
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
    if suffix in ("st", "nd", "rd", "th") and token.after in ("", suffix[:1]):
        sort, following = "ordinal", following + 1
    elif token.after == "s" == suffix:
        following += 1
    elif (
        suffix
        and (scale := numbers.magnitude(suffix))
        and (len(suffix) > 3 or token.after[:1] == suffix[0] or suffix in ("bn", "mn", "mio", "mrd"))
    ) and not (suffix == "m" and not _money(raw, place - 1)):
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
