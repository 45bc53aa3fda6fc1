"""The newer of what answers alike, where the present is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from articleqa.types import Passage

# What the newest article is worth more than the oldest one, in the scores of a search: enough between passages that say
# much the same, and too little for one that says something else.
RECENT = 0.12


def prefer_recent(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """``passages`` with the newer ones raised, best first. Those without a date count as the oldest."""
    days = sorted({passage.published[:10] for passage in passages if passage.published})
    if len(days) + any(not passage.published for passage in passages) < 2:
        return tuple(passages)
    places = {day: place for place, day in enumerate(days, start=1)}
    raised = [
        replace(passage, score=passage.score + RECENT * places.get((passage.published or "")[:10], 0) / len(days))
        for passage in passages
    ]
    return tuple(sorted(raised, key=lambda passage: -passage.score))
