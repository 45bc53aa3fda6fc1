"""Articles of the time that a question asks about come before others that answer alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from articleqa.grounding.periods import Period, find_limit, find_period
from articleqa.grounding.questions import wants_recent
from articleqa.types import Passage

# What the newest article is worth more than the oldest one, in the scores of a search: enough between passages that say
# much the same, and too little for one that says something else.
RECENT = 0.12


def asked_period(question: str, *, today: date) -> Period | None:
    """The days whose articles ``question`` asks for: "this week", "as of May 2023", "latest"; None where it does not.

    Of a state at some time, and of the present, the articles before it tell: such a period has no beginning.
    """
    limit = find_limit(question, today=today)
    if limit is not None:
        return Period(date.min, min(limit, today))
    found = find_period(question, today=today)
    if found is not None:
        return found[0]
    return Period(date.min, today) if wants_recent(question) else None


def prefer_recent(passages: Sequence[Passage], period: Period) -> tuple[Passage, ...]:
    """``passages`` with the newer ones of ``period`` raised, best first.

    Those without a date, and those of another time, count as the oldest.
    """
    days = sorted({day for passage in passages if (day := _day(passage, period))})
    if len(days) + any(not _day(passage, period) for passage in passages) < 2:
        return tuple(passages)
    places = {day: place for place, day in enumerate(days, start=1)}
    raised = [
        replace(passage, score=passage.score + RECENT * places.get(_day(passage, period), 0) / len(days))
        for passage in passages
    ]
    return tuple(sorted(raised, key=lambda passage: -passage.score))


def _day(passage: Passage, period: Period) -> str:
    """The day of a passage's article where it lies in ``period``, else nothing; days in ISO 8601 sort as they come."""
    day = (passage.published or "")[:10]
    return day if day and period.first.isoformat() <= day <= period.last.isoformat() else ""
