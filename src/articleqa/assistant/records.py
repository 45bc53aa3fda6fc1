"""Answers to questions about the library itself, from its records."""

from __future__ import annotations

from articleqa.grounding import LibraryQuestion
from articleqa.library import Snapshot
from articleqa.types import ArticleRecord, Filters, Sentence

LISTED = 20
NEWEST = 5


def describe_library(
    snapshot: Snapshot, question: LibraryQuestion, filters: Filters | None
) -> tuple[str, tuple[Sentence, ...]]:
    """The text of the answer, and its sentences: one line each."""
    count = snapshot.article_count(filters)
    if not count:
        lines = ["There are no articles yet." if not filters else "No article passes the filters."]
    elif question is LibraryQuestion.COUNT:
        lines = [f"There {_are(count)} in the library."]
    elif question is LibraryQuestion.SOURCES:
        sources = sorted({record.source for record in snapshot.records(filters) if record.source})
        lines = ["The articles come from " + ", ".join(sources) + "."] if sources else ["No article names its source."]
    elif question is LibraryQuestion.NEWEST:
        lines = ["Added or changed last:", *map(_line, snapshot.newest(limit=NEWEST, filters=filters))]
    else:
        lines = [f"There {_are(count)}:", *map(_line, snapshot.records(filters, limit=LISTED))]
        if count > LISTED:
            lines.append(f"… and {count - LISTED} more.")
    return "\n".join(lines), tuple(Sentence(line) for line in lines)


def _are(count: int) -> str:
    return "is one article" if count == 1 else f"are {count} articles"


def _line(record: ArticleRecord) -> str:
    details = ", ".join(part for part in (record.source, (record.published or "")[:10]) if part)
    return f"• {record.title}" + (f" ({details})" if details else "")
