"""The library as HTML: its articles, what is being added, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from articleqa.types import AddReport, ArticleRecord, Order, Progress, RebuildReport
from articleqa.ui.markup import dotted, escape, time
from articleqa.wording import plural

PAGE = 100

_STAGES = {"load": "Reading", "encode": "Encoding", "index": "Indexing"}
_UNITS = {"load": "article", "encode": "passage", "index": "article"}
_OPEN_AT_ONCE = 8  # lines of a report that are shown without being asked for
_MOST_FOLLOWED = 60  # sources that are followed one by one; of more, only the one that was read last
_CROSS = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18"/></svg>'
_DISMISS = f'<button type="button" class="quiet dismiss" aria-label="Dismiss">{_CROSS}</button>'
_COLUMNS = ((Order.TITLE, "Title"), (Order.SOURCE, "Source"), (Order.PUBLISHED, "Date"))


@dataclass(frozen=True, slots=True)
class View:
    """How the articles are listed: what is looked for, in which order, how many at most."""

    matching: str = ""
    order: Order = Order.CHANGED
    descending: bool = True
    limit: int = PAGE


_NEWEST = View()


def table(records: Sequence[ArticleRecord], view: View, *, found: int, total: int) -> str:
    """The articles of a view: ``records``, of ``found`` that match, of ``total`` that there are."""
    if not total:
        return (
            '<p class="empty">There are no articles yet. Add files, a folder or web addresses above; '
            "then ask about them in the chat.</p>"
        )
    count = plural(total, "article") if found == total else f"{found:,} of {plural(total, 'article')}"
    if len(records) < found:
        count += f", the first {len(records):,} of them here"
    label = f'<h3 class="label" role="status">{count}</h3>'
    if not records:
        return f'{label}<p class="empty">None of them matches “<span dir="auto">{escape(view.matching)}</span>”.</p>'
    head = "".join(_column(order, name, view) for order, name in _COLUMNS)
    more = (
        f'<button type="button" class="quiet more" data-limit="{len(records) + 5 * PAGE}">Show more</button>'
        if len(records) < found
        else ""
    )
    return (
        f'{label}<table class="articles" role="table" aria-label="Articles"><thead role="rowgroup"><tr role="row">'
        f'<th role="columnheader" class="choose"><span class="hidden">Ask only this</span></th>{head}'
        '<th role="columnheader" class="act"><span class="hidden">Remove</span></th></tr></thead>'
        f'<tbody role="rowgroup">{"".join(map(_row, records))}</tbody></table>{more}'
    )


def _column(order: Order, name: str, view: View) -> str:
    current = order is view.order
    direction = "descending" if view.descending else "ascending"
    sort = f' aria-sort="{direction}"' if current else ""
    # A second click turns the order round, a third one leaves it. Dates begin with the latest.
    first = order is Order.PUBLISHED
    if not current:
        then, descending = order, first
    elif view.descending is first:
        then, descending = order, not first
    else:
        then, descending = _NEWEST.order, _NEWEST.descending
    button = (
        f'<button type="button" class="sort" data-order="{then}" data-descending="{str(descending).lower()}">'
        f"{name}</button>"
    )
    return f'<th role="columnheader" scope="col" class="{order}"{sort}>{button}</th>'


def _row(record: ArticleRecord) -> str:
    identity, title = escape(record.id), escape(record.title)
    source = escape(record.source or _place(record.origin))
    # Where there is no room for columns, the title says what they would.
    narrow = dotted(f"<bdi>{source}</bdi>", time(record.published), " ")
    meta = f'<span class="narrow">{narrow}</span>' + dotted(
        plural(record.passages, "passage"),
        f"also in {plural(len(record.also_in), 'other article')}" if record.also_in else "",
    )
    box = f'<input type="checkbox" data-choose="{identity}" data-title="{title}" aria-label="Ask only {title}">'
    opener = (
        f'<button type="button" class="row" data-event="open" data-article="{identity}">'
        f'<span class="title" dir="auto">{title}</span><span class="meta">{meta}</span></button>'
    )
    remove = (
        f'<button type="button" class="quiet remove" data-event="remove" data-article="{identity}" '
        f'aria-label="Remove {title}" title="Remove">{_CROSS}</button>'
    )
    cells = (
        ("choose", "", box),
        ("title", "", opener),
        ("source", ' dir="auto"', f'<span title="{source}">{source}</span>'),
        ("published", "", time(record.published, short=True)),
        ("act", "", remove),
    )
    row = "".join(f'<td role="cell" class="{name}"{more}>{content}</td>' for name, more, content in cells)
    return f'<tr role="row" data-article="{identity}">{row}</tr>'


def _place(value: str) -> str:
    """Where an article came from, short: a file's name, a page's address."""
    return value if "://" in value else PurePath(value).name or value


def progress(state: Progress | None, sources: Sequence[str] = (), read: frozenset[str] = frozenset()) -> str:
    """A bar for what is being done now, with its rate and the time left, and how far each source is."""
    words, value = "Beginning", ""
    if state is not None:
        words = _STAGES.get(state.stage, "Working")
        if state.total:
            value = f' max="{state.total}" value="{min(state.done, state.total)}"'
            words += f" {state.done:,} of {plural(state.total, _UNITS.get(state.stage, 'part'))}"
        elif state.done:
            words += f" {plural(state.done, _UNITS.get(state.stage, 'part'))}"
        if state.rate:
            words += f", {_rate(state.rate)}"
        if state.seconds_left is not None and state.seconds_left >= 1:
            words += f", about {_duration(state.seconds_left)} left"
    bar = f'<progress aria-label="Progress"{value}></progress>'
    followed = ""
    if 1 < len(sources) <= _MOST_FOLLOWED:
        lines = "".join(_followed(source, read=source in read) for source in sources)
        followed = f'<ul class="followed">{lines}</ul>'
    elif state is not None and state.origin and state.stage == "load":
        followed = f'<p class="reason" dir="auto">{escape(_place(state.origin))}</p>'
    return f'<div class="report" data-running="true"><p class="status">{words}</p>{bar}{followed}</div>'


def _followed(source: str, *, read: bool) -> str:
    state = "read" if read else "waiting"
    return f'<li class="{state}"><span class="outcome">{state}</span> <span dir="auto">{escape(source)}</span></li>'


def _rate(rate: float) -> str:
    return f"{rate:,.0f} a second" if rate >= 1.5 else f"{max(rate * 60, 1):,.0f} a minute"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return plural(round(seconds), "second")
    return plural(round(seconds / 60), "minute") if seconds < 5400 else plural(round(seconds / 3600), "hour")


def report(outcome: AddReport) -> str:
    """What became of each source that was added; what failed comes first."""
    groups: tuple[tuple[str, str, list[tuple[str, str]]], ...] = (
        ("failed", "Failed", outcome.failed),
        ("added", "Added", _titles(outcome.added)),
        ("updated", "Updated", _titles(outcome.updated)),
        ("copy", "Copy", [(record.title, "the same text is there already") for record in outcome.copies]),
        ("unchanged", "Unchanged", _titles(outcome.unchanged)),
    )
    lines = [
        f'<li class="{name}"><span class="outcome">{word}</span> <span><span class="title" dir="auto">{escape(title)}'
        f"</span>{f'<span class=reason>{escape(reason)}</span>' if reason else ''}</span></li>"
        for name, word, items in groups
        for title, reason in items
    ]
    if not lines:
        return ""
    counts = ", ".join(f"{len(items):,} {word.lower()}" for _, word, items in groups if items)
    if outcome.passages_encoded:
        counts += f"; {plural(outcome.passages_encoded, 'passage')} encoded"
    summary = f'<p class="counts">{counts}</p>' if len(lines) > 1 else ""
    first, rest = lines[:_OPEN_AT_ONCE], lines[_OPEN_AT_ONCE:]
    hidden = f"<details><summary>{len(rest):,} more</summary><ul>{''.join(rest)}</ul></details>" if rest else ""
    return f'<div class="report" role="status">{_DISMISS}{summary}<ul>{"".join(first)}</ul>{hidden}</div>'


def rebuilt(outcome: RebuildReport) -> str:
    """What a rebuild did."""
    encoded = f"{outcome.passages_encoded:,} of them encoded" if outcome.passages_encoded else "none encoded again"
    return done(
        f"The index is new: {plural(outcome.articles, 'article')}, {plural(outcome.passages, 'passage')}, {encoded}, "
        f"in {_duration(max(outcome.seconds, 1))}."
    )


def removed(titles: Sequence[str]) -> str:
    """What was removed, with the way back."""
    said = escape(titles[0]) if len(titles) == 1 else plural(len(titles), "article")
    return (
        f'<div class="report" role="status">{_DISMISS}<p>Removed: <span dir="auto">{said}</span> '
        '<button type="button" class="link" data-event="undo">Undo</button></p></div>'
    )


def failure(message: str) -> str:
    """One line about what could not be done."""
    return f'<div class="report failure" role="alert">{_DISMISS}<p>{escape(message)}</p></div>'


def done(message: str) -> str:
    """One line about what was done."""
    return f'<div class="report" role="status">{_DISMISS}<p>{escape(message)}</p></div>'


def _titles(records: Sequence[ArticleRecord]) -> list[tuple[str, str]]:
    return [(record.title, "") for record in records]
