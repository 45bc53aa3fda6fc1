"""Dates as UTC in ISO 8601."""

from __future__ import annotations

from datetime import UTC, date, datetime

from articleqa.types.errors import InvalidInput


def utc_date(value: str | date | datetime) -> str:
    """``value`` as UTC ISO 8601: a day stays a day, a moment becomes ``YYYY-MM-DDTHH:MM:SSZ``.

    A moment without a zone is taken as UTC.

    Raises:
        InvalidInput: if ``value`` is not an ISO 8601 date.
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return value.isoformat()
    else:
        text = value.strip()
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            pass  # not a day: perhaps a moment
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput(f"{value!r} is not a date: write it as 2024-11-07 or 2024-11-07T09:30:00Z") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(f"{value!r} is not a date within the years 1 to 9999") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
