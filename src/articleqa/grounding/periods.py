"""The time that a question is about: "since Monday", "this week", "in the last ten days"."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = (
    "january february march april may june july august september october november december".split(),
    "jan feb mar apr may jun jul aug sep oct nov dec".split(),
)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_COUNTS = {
    word: value for value, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
} | {"couple of": 2, "few": 3}
_DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}

_MONTH = "|".join((*_MONTHS[0], *_MONTHS[1][:4], *_MONTHS[1][5:], "sept"))
_WEEKDAY = "|".join(_WEEKDAYS)
_DAY = (
    rf"today|yesterday|\d{{4}}-\d\d?-\d\d?|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH})\b\.?(?:,? \d{{4}})?"
    rf"|(?:{_MONTH})\b\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?|(?:{_MONTH})\b\.?(?: \d{{4}})?"
    rf"|(?:last )?(?:{_WEEKDAY})|(?:the )?(?:beginning|start) of (?:the|this) (?:week|month|year)"
    r"|(?:last|this) (?:week|month|year)|(?:19|20)\d\d"
)
_PERIOD = re.compile(
    rf"\b(?:(?P<from>since|after|from(?=.* on(?:wards?)?\b)) (?P<day>{_DAY})(?: on(?:wards?)?)?"
    r"|(?:(?:in|over|during|within|from|of) )?(?:the )?(?:last|past) (?P<count>\d{1,3}|couple of|few|"
    rf"{'|'.join(list(_COUNTS)[:10])})? ?(?P<unit>hour|day|week|fortnight|month|year)s?"
    r"|(?:(?:from|of|in) )?(?P<one>today|yesterday|this (?:week|month|year))"
    rf"|on (?P<weekday>(?:last )?(?:{_WEEKDAY})))\b",
    re.IGNORECASE,
)
_AS_OF = re.compile(rf",? ?\bas of (?:the end of )?(?:{_DAY})\b,?", re.IGNORECASE)
_LIMIT = re.compile(rf"\b(?:as of|until|up to|by)(?: the end of)? (?P<day>{_DAY})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date


def find_period(question: str, *, today: date) -> tuple[Period, str] | None:
    """The period that a question names as seen from ``today``, and the question without its words.

    None where it names none, or one that is yet to come.
    """
    match = _PERIOD.search(question)
    if match is None:
        return None
    found = _period(match, today)
    if found is None or found.first > today:
        return None
    rest = " ".join((question[: match.start()] + " " + question[match.end() :]).split())
    return found, rest


def without_limit(question: str) -> str:
    """``question`` without its "as of May 2023": the article of that time need not name it."""
    return " ".join(_AS_OF.sub(" ", question).split()).replace(" ?", "?")


def find_limit(question: str, *, today: date) -> date | None:
    """The last day of "as of May 2023", "until Friday" or "by the end of 2020" as seen from ``today``, or None."""
    match = _LIMIT.search(question)
    if match is None:
        return None
    day = match["day"].lower().strip(" .,")
    first = _first_day(day, today)
    if first is None:
        return None
    if re.fullmatch(r"\d{4}|.* year", day):
        return date(first.year, 12, 31)
    if _names_one_day(day):
        return first
    if day.endswith("week"):
        return first + timedelta(days=6)
    return first.replace(day=monthrange(first.year, first.month)[1])


def _period(match: re.Match[str], today: date) -> Period | None:
    if match["from"]:
        first = _first_day(match["day"].lower(), today)
        if first is None:
            return None
        later = match["from"].lower() == "after" and _names_one_day(match["day"].lower())
        return Period(first + timedelta(days=1) if later else first, today)
    if match["unit"]:
        unit = match["unit"].lower()
        if unit == "hour":
            return Period(today - timedelta(days=1), today)
        if match["count"] is None and "past" not in match.group().lower():
            return _last(unit, today)
        count = (match["count"] or "1").lower()
        days = (_COUNTS.get(count) or int(count)) * _DAYS[unit]
        return Period(today - timedelta(days=min(days, 36500)), today)
    day = (match["one"] or match["weekday"]).lower()
    first = _first_day(day, today)
    if first is None:
        return None
    return Period(first, first if _names_one_day(day) else today)


def _last(unit: str, today: date) -> Period:
    """The week, month or year before this one, as the calendar has it; else so many days back."""
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7)
        return Period(monday, monday + timedelta(days=6))
    if unit == "month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    if unit == "year":
        return Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    return Period(today - timedelta(days=_DAYS[unit]), today)


def _names_one_day(day: str) -> bool:
    if day in ("today", "yesterday") or day.removeprefix("last ") in _WEEKDAYS:
        return True
    return re.fullmatch(r"\d{4}-\d\d?-\d\d?|.*\b\d{1,2}(?:st|nd|rd|th)?\b.*", day) is not None


def _first_day(day: str, today: date) -> date | None:
    """The first day of what ``day`` names; None for a day that the calendar does not have."""
    day = day.strip(" .,")
    if day == "today":
        return today
    if day == "yesterday":
        return today - timedelta(days=1)
    if day.removeprefix("last ") in _WEEKDAYS:
        back = (today.weekday() - _WEEKDAYS.index(day.removeprefix("last "))) % 7
        return today - timedelta(days=back or 7)
    if day.endswith(("week", "month", "year")):
        unit = day.rsplit(maxsplit=1)[-1]
        if day.startswith("last "):
            return _last(unit, today).first
        return {
            "week": today - timedelta(days=today.weekday()),
            "month": today.replace(day=1),
            "year": date(today.year, 1, 1),
        }[unit]
    return _calendar_day(day, today)


def _calendar_day(day: str, today: date) -> date | None:
    if re.fullmatch(r"\d{4}", day):
        return date(int(day), 1, 1)
    if re.fullmatch(r"\d{4}-\d\d?-\d\d?", day):
        return _valid(*map(int, day.split("-")))
    name = re.search(r"[a-z]{3,}", re.sub(r"\d+(?:st|nd|rd|th)", lambda found: found.group()[:-2], day))
    if name is None:
        return None
    month = next(number for number, short in enumerate(_MONTHS[1], start=1) if name.group().startswith(short))
    numbers = [int(digits) for digits in re.findall(r"\d+", day)]
    year = next((number for number in numbers if number > 31), None)
    number = next((number for number in numbers if number <= 31), 1)
    if year is not None:
        return _valid(year, month, number)
    # Without a year it is the last one that there was.
    this_year = _valid(today.year, month, number)
    if this_year is not None and this_year <= today:
        return this_year
    return _valid(today.year - 1, month, number)


def _valid(year: int, month: int, day: int) -> date | None:
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)
