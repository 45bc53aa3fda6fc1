"""Articles, passages, answers and reports for people, line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from articleqa.cli.screen import Screen
from articleqa.cli.text import excerpt, one_line
from articleqa.types import (
    AddReport,
    Answer,
    AnswerSpan,
    Article,
    ArticleRecord,
    Citation,
    Event,
    ExportReport,
    ImportReport,
    Outcome,
    Passage,
    Quotes,
    RebuildReport,
    Sentence,
    Support,
)
from articleqa.wording import plural

if TYPE_CHECKING:
    from articleqa.assistant import Bench, Check, Figure
    from articleqa.evaluation import Comparison

NEAREST = 3
_NAMED = 20  # articles of one kind that a report names
_EXCERPT = 240
_MARKER = "cyan"
_SUPPORT = {Support.PARTLY: "partly supported", Support.UNSUPPORTED: "not in the articles"}


class AnswerLines:
    """Shows an answer while it is made. ``composing`` says that a language model writes after the quotes.

    What a model wrote is shown as soon as a sentence is tied to the articles. Sentences without a citation wait for
    the next one that has some, or for the end: most of them are not part of the answer.
    """

    def __init__(self, screen: Screen, *, composing: bool) -> None:
        self._screen = screen
        self._composing = composing
        self._quotes: list[Sentence] = []
        self._waiting: list[Sentence] = []
        self._shown: list[Sentence] = []

    def show(self, event: Event) -> None:
        """Show what ``event`` adds."""
        match event:
            case Quotes(citations=citations) if self._composing:
                first = not self._quotes
                self._quotes = [Sentence(citation.quote, (citation,)) for citation in citations]
                if not first:
                    return  # a reader has chosen others: they come with the answer
                # Without numbers: those of the answer are given in the order of its own sentences.
                self._screen.line(Text("The articles say", style="bold"))
                for citation in citations:
                    self._screen.line(f"“{one_line(citation.quote)}” ({one_line(citation.title)})", prefix="- ")
                self._screen.line()
            case Sentence():
                self._waiting.append(event)
                if not self._composing or (event.citations and event not in self._quotes):
                    self._show_sentences(self._waiting)
                    self._waiting = []
            case Answer():
                self._finish(event)

    def _finish(self, answer: Answer) -> None:
        notes = answer.notes
        if not answer.answered:
            self._screen.line(answer.text)
            if answer.passages:
                self._screen.heading("Nearest passages")
                passages(self._screen, answer.passages[:NEAREST], limit=_EXCERPT)
        else:
            if answer.outcome is Outcome.CONFLICTING:
                notes = ("The articles do not agree; read what each of them says.", *notes)
            if notes and list(answer.sentences) == self._quotes:
                # The model failed: what follows are the articles' own words, and the note says why.
                if self._shown:
                    self._screen.line()
                    self._shown.clear()
                self._show_notes(notes)
                self._screen.line()
                notes = ()
            waiting = [sentence for sentence in answer.sentences if sentence not in self._shown]
            if answer.spans and waiting:
                self._screen.line(_lead(answer.spans))
            self._show_sentences(waiting)
            if answer.citations:
                self._screen.heading("Sources")
                spans(self._screen, answer.citations)
        if notes:
            self._screen.line()
            self._show_notes(notes)

    def _show_sentences(self, sentences: Sequence[Sentence]) -> None:
        for sentence in sentences:
            if self._shown and sentence.is_quotation:
                self._screen.line()
            self._screen.line(_marked(sentence))
            self._shown.append(sentence)

    def _show_notes(self, notes: Sequence[str]) -> None:
        for note in notes:
            self._screen.line(one_line(note), prefix="Note: ")


def _lead(spans: Sequence[AnswerSpan]) -> Text:
    """What answers by itself; of several, each with its number."""
    line = Text()
    for span in spans:
        line.append("; " if line else "").append(one_line(span.text), style="bold")
        if len(spans) > 1:
            line.append(f" [{span.number}]", style=_MARKER)
    return line


def _marked(sentence: Sentence) -> Text:
    text = one_line(sentence.text)
    line = Text(f"“{text}”" if sentence.is_quotation else text)
    for citation in sentence.citations:
        line.append(f" [{citation.number}]", style=_MARKER)
    if sentence.support in _SUPPORT:
        line.append(f" ({_SUPPORT[sentence.support]})", style="yellow")
    return line


def spans(screen: Screen, found: Sequence[Citation | Passage]) -> None:
    """Titles and places, numbered: outlet, date, page, id and character span, and the address where there is one."""
    for number, span in enumerate(found, start=1):
        head = f"[{number}] "
        screen.line(one_line(span.title), prefix=Text(head, style=_MARKER))
        screen.line(_place(span), prefix=" " * len(head))
        if isinstance(span, Citation) and span.url:
            screen.line(Text(one_line(span.url), style="dim"), prefix=" " * len(head))


def passages(screen: Screen, found: Sequence[Passage], *, limit: int | None = None) -> None:
    """Passages, numbered; their texts cut at ``limit`` characters."""
    for number, passage in enumerate(found, start=1):
        head = f"[{number}] "
        if number > 1:
            screen.line()
        screen.line(Text(one_line(passage.title), style="bold"), prefix=Text(head, style=_MARKER))
        screen.line(_place(passage), prefix=" " * len(head))
        text = one_line(passage.text) if limit is None else excerpt(passage.text, limit=limit)
        screen.line(text, prefix=" " * len(head))
    if not found:
        screen.line("Nothing bears on it.")


def _place(found: Citation | Passage) -> Text:
    """Where something stands: outlet, date, page, id and character span."""
    parts = [
        found.source,
        (found.published or "")[:10],
        f"page {found.page}" if found.page is not None else "",
        f"{_identity(found.article_id, found.revision)}, characters {found.start} to {found.end}",
        f"also in {', '.join(found.also_in)}" if found.also_in else "",
    ]
    return Text(one_line(" · ".join(part for part in parts if part)), style="dim")


def _identity(article_id: str, revision: int | None) -> str:
    return article_id if revision in (None, 1) else f"{article_id} revision {revision}"


def records(screen: Screen, articles: Sequence[ArticleRecord], *, filtered: bool) -> None:
    """A list of articles."""
    if not articles:
        screen.line("There are no such articles." if filtered else "There are no articles yet.")
        return
    rows = [(record.id, (record.published or "")[:10], record.source or "", record.title) for record in articles]
    screen.table(rows, header=("id", "date", "source", "title"))


def article(screen: Screen, shown: Article) -> None:
    """One article, whole."""
    screen.line(Text(one_line(shown.title), style="bold"))
    details = (shown.source, shown.author, shown.published, shown.language)
    rows = (
        one_line(" · ".join(part for part in details if part)),
        _identity(shown.id or "", shown.revision),
        one_line(shown.origin or ""),
        one_line(shown.url or "") if shown.url != shown.origin else "",
    )
    for row in rows:
        if row:
            screen.line(Text(row, style="dim"))
    screen.line()
    screen.verbatim(shown.text)


def context(screen: Screen, shown: Article, span: Citation | Passage, *, around: int = 500) -> None:
    """A span within its article, with about ``around`` characters on both sides."""
    first, last = _edges(shown.text, span.start, span.end, around)
    opening, closing = ("", "") if screen.styled else (">>>", "<<<")
    screen.line(Text(one_line(shown.title), style="bold"))
    screen.line(_place(span))
    screen.line()
    text = Text.assemble(
        "… " if first else "",
        shown.text[first : span.start].lstrip(),
        (f"{opening}{shown.text[span.start : span.end]}{closing}", "reverse"),
        shown.text[span.end : last].rstrip(),
        " …" if last < len(shown.text) else "",
    )
    screen.line(text)


def _edges(text: str, start: int, end: int, around: int) -> tuple[int, int]:
    """Where to cut, at a space or a line break where there is one."""
    first, last = max(0, start - around), min(len(text), end + around)
    if first and (gap := re.search(r"\s", text[first:start])):
        first += gap.end()
    if last < len(text) and (gap := re.search(r"\s\S*$", text[end:last])):
        last = end + gap.start()
    return first, last


def added(screen: Screen, report: AddReport) -> None:
    """What became of each source."""
    for word, group in (("added", report.added), ("updated", report.updated), ("copies", report.copies)):
        if not group:
            continue
        screen.line(f"{len(group):,} {'copy' if word == 'copies' and len(group) == 1 else word}")
        for record in group[:_NAMED]:
            copied = f", the same text as {', '.join(record.also_in)}" if word == "copies" and record.also_in else ""
            screen.line(f"{one_line(record.title)}{copied}", prefix=f"  {one_line(record.id)}  ")
        if len(group) > _NAMED:
            screen.line(f"  … and {len(group) - _NAMED:,} more")
    if report.unchanged:
        screen.line(f"{len(report.unchanged):,} unchanged")
    if report.failed:
        screen.line(f"{len(report.failed):,} failed")
        for origin, reason in report.failed:
            screen.line(f"{one_line(origin)}: {one_line(reason)}", prefix="  ")


def rebuilt(screen: Screen, report: RebuildReport) -> None:
    """What a rebuild did."""
    screen.line(
        f"Generation {report.generation} answers now: {plural(report.articles, 'article')}, "
        f"{plural(report.passages, 'passage')}, {report.passages_encoded:,} of them embedded anew, "
        f"in {report.seconds:.1f} s." + (" It went on where an earlier rebuild had stopped." if report.resumed else "")
    )
    if report.kept_generation is not None:
        screen.line(
            f"Generation {report.kept_generation} is kept until the next rebuild ({_size(report.kept_bytes)}): "
            "`articleqa rebuild --rollback` returns to it."
        )


def exported(screen: Screen, report: ExportReport) -> None:
    """What was exported."""
    screen.line(
        f"{report.path} holds {plural(report.articles, 'article')}, {plural(report.passages, 'passage')} "
        f"({_size(report.bytes)})."
    )
    screen.line(f"SHA-256 {report.sha256}, without the last line of the file, which says it.")


def imported(screen: Screen, report: ImportReport, *, aside: Path | None) -> None:
    """What was imported, and where what was damaged lies now."""
    screen.line(f"The library holds {plural(report.articles, 'article')}, {plural(report.passages, 'passage')}.")
    if aside is not None:
        screen.line(f"What could not be opened lies in {aside}; delete it when it is not needed any more.")


def _size(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size < 1_000_000_000 else f"{size / 1_000_000_000:,.1f} GB"


def checks(screen: Screen, examined: Sequence[Check]) -> None:
    """What was examined, and what to do."""
    width = max(len(check.name) for check in examined)
    for check in examined:
        word, style = ("ok    ", "green") if check.ok else ("not ok", "red")
        head = Text.assemble((word, style), f"  {check.name:<{width}}  ")
        screen.line(one_line(check.detail), prefix=head)
        if check.remedy:
            screen.line(f"to do: {one_line(check.remedy)}", prefix=" " * head.cell_len)


def bench(screen: Screen, measured: Bench) -> None:
    """What was measured, and the settings that it suggests, each with its reason."""
    screen.heading(f"Measured on this machine in {measured.seconds:.0f} s:")
    rows = [(figure.name, _measured(figure), figure.detail) for figure in measured.figures]
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, detail in rows:
        screen.line(one_line(detail), prefix=f"{name:<{names}}  {value:>{values}}  ")
    if measured.suggestions:
        screen.heading("Suggested settings:")
    for suggestion in measured.suggestions:
        now = "as it is" if suggestion.suggested == suggestion.present else f"now {suggestion.present:g}"
        screen.line(f"{suggestion.setting} = {suggestion.suggested:g} ({now}): {one_line(suggestion.reason)}")


def _measured(figure: Figure) -> str:
    if figure.value is None:
        return "not measured"
    return f"{figure.value:,.0f} {figure.unit}" if figure.value >= 100 else f"{figure.value:.2g} {figure.unit}"


def measures(screen: Screen, rows: Sequence[tuple[str, str, str]]) -> None:
    """The figures of an evaluation, section by section."""
    before = ""
    named = []
    for section, name, value in rows:
        named.append((section if section != before else "", name, value))
        before = section
    screen.table(named)


def differences(screen: Screen, comparison: Comparison) -> None:
    """What differs between two runs of an evaluation."""
    screen.heading(f"Compared on {comparison.questions:,} questions that both runs asked:")
    rows = [
        (
            entry.section,
            entry.measure,
            f"{entry.before:.3f}",
            f"{entry.after:.3f}",
            f"{entry.change:+.3f}",
            f"{entry.low:+.3f} to {entry.high:+.3f}",
            "beyond noise" if entry.beyond_noise else "within noise",
        )
        for entry in comparison.differences
    ]
    screen.table(rows, header=("section", "measure", "before", "now", "difference", "95 % interval", ""))
