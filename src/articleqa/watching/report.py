"""What is told of what was watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from articleqa.types import AddReport, ArticleRecord


class ChangeKind(StrEnum):
    """What became of an article or a source."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """One article that was added, updated or removed, or one source that could not be read.

    ``origin`` is that of the article, or the path or address of the source. ``article`` is None only for ``failed``,
    and ``reason`` says why, in one line, only there. Of an article that was removed, ``article`` is what it was.
    """

    kind: ChangeKind
    origin: str
    article: ArticleRecord | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What was done at one time: the changes in their order, and how many passages had to be encoded for them."""

    changes: tuple[Change, ...]
    passages_encoded: int = 0


ReportCallback: TypeAlias = Callable[[WatchReport], None]


def changes_of(report: AddReport) -> list[Change]:
    """The articles that came or changed. A copy is an article like another."""
    groups = ((ChangeKind.ADDED, report.added), (ChangeKind.ADDED, report.copies), (ChangeKind.UPDATED, report.updated))
    return [Change(kind, record.origin, record) for kind, records in groups for record in records]
