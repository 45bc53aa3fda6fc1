"""The library as HTML: its articles, what is being added, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from articleqa.types import AddReport, ArticleRecord, Progress
from articleqa.ui.markup import dotted, escape, plural, time

PAGE = 100

_STAGES = {"load": "Reading", "encode": "Encoding", "index": "Indexing"}


def articles(records: Sequence[ArticleRecord], *, total: int) -> str:
    """The list of articles: ``records``, of ``total`` that there are."""
    if not records:
        return (
            '<p class="empty">There are no articles yet. Add files or web addresses above; '
            "then ask about them in the chat.</p>"
        )
    limit = len(records) + 5 * PAGE
    more = (
        f'<button type="button" class="quiet" data-event="list" data-limit="{limit}">Show more</button>'
        if total > len(records)
        else ""
    )
    count = plural(total, "article") + (f", the newest {len(records)} of them here" if more else "")
    return f'<h3 class="label">{count}</h3><ul class="articles">{"".join(map(_row, records))}</ul>{more}'


def _row(record: ArticleRecord) -> str:
    meta = dotted(
        escape(record.source or _place(record.origin)),
        time(record.published),
        plural(record.passages, "passage"),
        f"also in {plural(len(record.also_in), 'other article')}" if record.also_in else "",
    )
    identity = escape(record.id)
    return (
        f'<li><button type="button" class="row" data-event="open" data-article="{identity}">'
        f'<span class="title" dir="auto">{escape(record.title)}</span><span class="meta">{meta}</span></button>'
        f'<button type="button" class="quiet remove" data-event="remove" data-article="{identity}" '
        f'aria-label="Remove {escape(record.title)}">Remove</button></li>'
    )


def _place(value: str) -> str:
    """Where an article came from, short: a file's name, a page's address."""
    return value if "://" in value else PurePath(value).name or value


def progress(state: Progress | None) -> str:
    """A bar for what is being added now."""
    words, value = "Adding", ""
    if state is not None:
        words = _STAGES.get(state.stage, "Adding")
        if state.total:
            value = f' max="{state.total}" value="{min(state.done, state.total)}"'
            words += f" {state.done:,} of {state.total:,}"
        if state.seconds_left is not None and state.seconds_left >= 2:
            words += f", about {plural(round(state.seconds_left), 'second')} left"
    bar = f'<progress aria-label="Adding articles"{value}></progress>'
    return f'<div class="report"><p class="status">{words}</p>{bar}</div>'


def report(outcome: AddReport) -> str:
    """What became of each source that was added."""
    groups: tuple[tuple[str, str, Iterable[tuple[str, str]]], ...] = (
        ("added", "Added", _titles(outcome.added)),
        ("updated", "Updated", _titles(outcome.updated)),
        ("unchanged", "Unchanged", _titles(outcome.unchanged)),
        ("copy", "Copy", ((record.title, "the same text is there already") for record in outcome.copies)),
        ("failed", "Failed", outcome.failed),
    )
    lines = [
        f'<li class="{name}"><span class="outcome">{word}</span> <span><span class="title" dir="auto">{escape(title)}'
        f"</span>{f'<span class=reason>{escape(reason)}</span>' if reason else ''}</span></li>"
        for name, word, items in groups
        for title, reason in items
    ]
    return f'<ul class="report" role="status">{"".join(lines)}</ul>' if lines else ""


def _titles(records: Iterable[ArticleRecord]) -> Iterable[tuple[str, str]]:
    return ((record.title, "") for record in records)


def failure(message: str) -> str:
    """One line about what could not be done."""
    return f'<p class="report failure" role="alert">{escape(message)}</p>'


def done(message: str) -> str:
    """One line about what was done."""
    return f'<p class="report" role="status">{escape(message)}</p>'
