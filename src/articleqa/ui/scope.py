"""Which articles may answer: what the filters at the chat mean, and how they look."""

from __future__ import annotations

from collections.abc import Sequence

from articleqa.types import Filters, SourceCount
from articleqa.ui.markup import day, escape
from articleqa.ui.sent import Sent, text, texts
from articleqa.wording import plural

_SEARCHABLE_FROM = 12  # so many sources that a person would rather type than scroll


def filters(sent: Sent) -> Filters | None:
    """The filters that were sent with a question; None where every article may answer.

    Raises:
        InvalidInput: a date that is none, or the later one first.
    """
    after, before = text(sent, "after"), text(sent, "before")
    chosen = Filters(
        source=texts(sent, "sources") or None,
        after=after or None,
        before=before or None,
        article_ids=texts(sent, "articles") or None,
        undated=sent.get("undated") is not False,
    )
    return chosen or None


def words(chosen: Filters | None) -> str:
    """The filters in words, for the question that they were asked with; empty where there are none."""
    if chosen is None:
        return ""
    parts = [", ".join(chosen.sources)] if chosen.sources else []
    after, before = (day(str(bound)) if bound else "" for bound in (chosen.after, chosen.before))
    if after and before:
        parts.append(after if after == before else f"{after} to {before}")
    elif after or before:
        parts.append(f"from {after}" if after else f"until {before}")
    if (after or before) and not chosen.undated:
        parts.append("dated only")
    if chosen.article_ids is not None:
        parts.append(plural(len(chosen.article_ids), "chosen article"))
    return " · ".join(parts)


def panel(sources: Sequence[SourceCount], *, total: int) -> str:
    """The filters as a form. What is chosen in it is kept by the page and sent with each question."""
    boxes = "".join(
        f'<li><label><input type="checkbox" name="source" value="{escape(source.name)}">'
        f'<span class="name" dir="auto">{escape(source.name)}</span><span class="count">{source.articles:,}</span>'
        "</label></li>"
        for source in sources
    )
    search = (
        '<input type="search" class="narrow" aria-label="Find a source" placeholder="Find a source" autocomplete="off">'
        if len(sources) >= _SEARCHABLE_FROM
        else ""
    )
    listed = f'<ul class="sources">{boxes}</ul>' if boxes else '<p class="hint">No article names its source.</p>'
    earliest = min((source.earliest[:10] for source in sources if source.earliest), default="")
    latest = max((source.latest[:10] for source in sources if source.latest), default="")
    between = f'<p class="hint">Dates from {day(earliest)} to {day(latest)}.</p>' if earliest and latest else ""
    return (
        f'<div class="panel" data-total="{plural(total, "article")}">'
        f"<fieldset><legend>Source</legend>{search}{listed}</fieldset>"
        '<fieldset><legend>Published</legend><div class="dates">'
        '<label>from <input type="date" name="after"></label><label>to <input type="date" name="before"></label></div>'
        f'<label class="undated"><input type="checkbox" name="undated" checked> also articles without a date</label>'
        f"{between}</fieldset></div>"
    )
