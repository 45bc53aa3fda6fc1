"""Dates as feeds write them."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from articleqa.loading.cleaning import day_or_moment

_LONGEST = 100
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(Z|z|UTC|GMT|[+-]\d\d:?\d\d)?)?")
# Zones that the standard for mail does not know and feeds name all the same.
_ZONES = {
    "UTC": "+0000", "Z": "+0000", "WET": "+0000", "WEST": "+0100", "BST": "+0100", "CET": "+0100", "CEST": "+0200",
    "EET": "+0200", "EEST": "+0300", "MSK": "+0300", "IST": "+0530", "HKT": "+0800", "JST": "+0900", "KST": "+0900",
    "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300",
}  # fmt: skip
_ZONE = re.compile(r"\b(" + "|".join(_ZONES) + r")\s*$")
# What programs write that have no date.
_NEVER = ("1970-01-01", "0001-01-01")


def feed_date(value: str | None) -> str | None:
    """A date of RSS (as in mail) or of Atom and JSON Feed (ISO 8601) in UTC ISO 8601; None if it cannot be read.

    A moment without a zone is taken as UTC.
    """
    if value is None or len(value := value.strip()) > _LONGEST:
        return None
    found = _iso(value) or _mail(value)
    return None if found is None or found.startswith(_NEVER) else found


def _iso(value: str) -> str | None:
    match = _ISO.fullmatch(value)
    if match is None:
        return None
    day, time, zone = match.groups()
    if time is None:
        return day_or_moment(day)
    offset = "+00:00" if (zone or "Z").upper() in ("Z", "UTC", "GMT") else zone
    return day_or_moment(f"{day}T{time}{offset}")


def _mail(value: str) -> str | None:
    try:
        return day_or_moment(parsedate_to_datetime(_ZONE.sub(lambda match: _ZONES[match[1]], value)))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
