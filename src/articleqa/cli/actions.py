"""What the commands do: open the library, ask the facade, show what it says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from articleqa.assistant import Assistant, Bench, Check
from articleqa.cli import render
from articleqa.cli.screen import Screen, note, print_json, progress_bar
from articleqa.library import FILE_NAME, check_export, set_aside
from articleqa.llm import close_llm, fetch, open_llm
from articleqa.settings import Settings
from articleqa.types import ArticleQAError, Filters, LibraryDamaged, LibraryError, LoadingError, Order


def add(sources: list[str], *, index: Path | None, as_json: bool) -> None:
    """Add ``sources``; raises once everything that could be added is in."""
    with Assistant.open(Settings.load(index=index)) as assistant, progress_bar() as progress:
        report = assistant.add(*sources, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        render.added(Screen(), report)
    if len(report.failed) == 1:
        raise LoadingError(*report.failed[0])
    if report.failed:
        raise ArticleQAError(f"{len(report.failed)} sources could not be added: the report says why for each")


def list_articles(
    *,
    index: Path | None,
    filters: Filters | None,
    matching: str | None,
    order: Order,
    descending: bool,
    limit: int | None,
    offset: int,
    as_json: bool,
) -> None:
    """List the records that pass."""
    with _opened(index) as assistant:
        records = assistant.articles(
            filters=filters, matching=matching, order=order, descending=descending, limit=limit, offset=offset
        )
    if as_json:
        print_json([asdict(record) for record in records])
    else:
        render.records(Screen(), records, filtered=filters is not None or matching is not None or offset > 0)


def show(article_id: str, *, revision: int | None, index: Path | None, as_json: bool) -> None:
    """Show one article."""
    with _opened(index) as assistant:
        article = assistant.article(article_id, revision=revision)
    if as_json:
        print_json(asdict(article))
    else:
        render.article(Screen(), article)


def remove(article_id: str, *, index: Path | None) -> None:
    """Remove one article."""
    with _opened(index) as assistant:
        assistant.remove(article_id)
    Screen().line(f"{article_id} is removed, with all its revisions.")


def rebuild(*, index: Path | None, rollback: bool, as_json: bool) -> None:
    """Build the next generation of the index, or return to the one before."""
    with _opened(index) as assistant:
        try:
            with progress_bar() as progress:
                report = (assistant.rollback if rollback else assistant.rebuild)(progress=progress)
        except KeyboardInterrupt:
            note("Stopped. Nothing is lost: the same command goes on where it was.")
            raise
    if as_json:
        print_json(asdict(report))
    else:
        render.rebuilt(Screen(), report)


def export_library(path: Path, *, index: Path | None, as_json: bool) -> None:
    """Write the library into one file."""
    with _opened(index) as assistant, progress_bar() as progress:
        report = assistant.export_library(path, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        render.exported(Screen(), report)


def import_library(path: Path, *, index: Path | None, replace: bool, as_json: bool) -> None:
    """Put an exported library in the place of the one that is there, if any; even of one that cannot be opened."""
    settings = Settings.load(index=index)
    aside: Path | None = None
    try:
        assistant = Assistant.open(settings)
    except LibraryDamaged:
        if not replace:
            raise
        check_export(path)
        aside = set_aside(settings.index)
        assistant = Assistant.open(settings)
    with assistant, progress_bar() as progress:
        report = assistant.import_library(path, replace=replace, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        render.imported(Screen(), report, aside=aside)


def ask(question: str, *, index: Path | None, filters: Filters | None, llm: str | None, as_json: bool) -> None:
    """Answer one question; on a screen, while the answer is made."""
    with _opened(index, llm=llm) as assistant:
        _require_articles(assistant)
        if as_json:
            answer = assistant.ask(question, filters=filters)
            print_json({**asdict(answer), "answered": answer.answered})
            return
        lines = render.AnswerLines(Screen(), composing=assistant.settings.llm != "none")
        for event in assistant.stream(question, filters=filters):
            lines.show(event)


def search(query: str, *, index: Path | None, filters: Filters | None, limit: int, as_json: bool) -> None:
    """Show the best passages."""
    with _opened(index) as assistant:
        _require_articles(assistant)
        found = assistant.search(query, limit=limit, filters=filters)
    if as_json:
        print_json([asdict(passage) for passage in found])
    else:
        render.passages(Screen(), found)


def chat(*, index: Path | None, filters: Filters | None, llm: str | None) -> None:
    """Hold a conversation until its end."""
    from articleqa.cli.chat import Chat

    with _opened(index, llm=llm) as assistant:
        _require_articles(assistant)
        Chat(assistant, Screen(), filters=filters).run()


def serve(*, index: Path | None = None, host: str | None = None, port: int | None = None) -> None:
    """Serve the chat until Ctrl-C, and keep up with the folders and feeds of the settings.

    An empty library that nothing is going to fill begins with the articles that explain the program.
    """
    settings = Settings.load(index=index, host=host, port=port)
    with Assistant.open(settings) as assistant:
        screen = Screen()
        if not assistant.article_count() and not settings.watch and not settings.feeds:
            _add_samples(assistant, screen)

        from articleqa import server
        from articleqa.cli.watch import Lines

        server.serve(
            assistant,
            on_ready=lambda url: screen.line(f"Article QA is at {url}  (Ctrl-C ends it)"),
            on_report=Lines(screen).show,
        )


def evaluate(
    folder: Path,
    *,
    index: Path | None,
    limit: int | None,
    seed: int,
    save: Path | None,
    html: Path | None,
    compare: Path | None,
    as_json: bool,
) -> None:
    """Measure on an evaluation set, in an index of its own; what cannot be written or compared is said first."""
    from articleqa import evaluation

    for target in (save, html):
        if target is not None:
            evaluation.check_target(target)
    earlier = None if compare is None else evaluation.load_report(compare)
    if earlier is not None:
        questions = evaluation.choose_questions(folder, limit=limit, seed=seed)
        evaluation.check_comparable(earlier, folder, questions)

    with tempfile.TemporaryDirectory(prefix="articleqa-eval-") as temporary, progress_bar() as progress:
        settings = Settings.load(index=index or Path(temporary))
        report = evaluation.evaluate(folder, limit=limit, seed=seed, settings=settings, progress=progress)
    comparison = None if earlier is None else evaluation.compare(earlier, report)
    if save is not None:
        evaluation.save_report(report, save)
    if html is not None:
        evaluation.write_whole(html, evaluation.page(report, comparison=comparison))
    if as_json:
        print_json({**report.as_dict(), **({"comparison": comparison.as_dict()} if comparison is not None else {})})
        return
    screen = Screen()
    render.measures(screen, report.table())
    if comparison is not None:
        render.differences(screen, comparison)


def doctor(*, index: Path | None, bench: bool, as_json: bool) -> None:
    """Examine everything, and measure it with ``bench``; raises if anything is not as it should be."""
    checks, measured = _examined(index, bench=bench)
    if as_json:
        examined = [asdict(check) for check in checks]
        print_json({"checks": examined, "bench": measured and asdict(measured)} if bench else examined)
    else:
        render.checks(Screen(), checks)
        if measured is not None:
            render.bench(Screen(), measured)
    wrong = [check.name for check in checks if not check.ok]
    if wrong:
        raise ArticleQAError(f"not in order: {', '.join(wrong)}; the report says what to do")


def _examined(index: Path | None, *, bench: bool) -> tuple[list[Check], Bench | None]:
    try:
        with _opened(index) as assistant:
            return assistant.health(), assistant.bench() if bench else None
    except ArticleQAError as error:
        # What keeps the library from being opened is what was asked about.
        return [Check("library", ok=False, detail=str(error))], None


@contextmanager
def _opened(index: Path | None, **overrides: Any) -> Iterator[Assistant]:
    """A library that is there: reading from a folder that was mistyped should not make one."""
    settings = Settings.load(index=index, **overrides)
    folder = settings.index
    try:
        missing = not folder.exists() or (folder.is_dir() and not (folder / FILE_NAME).exists())
    except OSError as error:
        raise LibraryError(f"the index folder {folder} cannot be read ({error.strerror}): check its rights") from error
    if missing:
        raise LibraryError(f"there is no library in {folder}: `articleqa add SOURCE --index {folder}` makes one")
    with Assistant.open(settings) as assistant:
        yield assistant


def fetch_model(model: str) -> None:
    """Fetch a language model, and see that it is one that can be used."""
    with progress_bar() as progress:
        fetch(model, progress=progress)
    close_llm(open_llm(model))
    Screen().line(f"It is here. To use it: ARTICLEQA_LLM={model}")


def _require_articles(assistant: Assistant) -> None:
    if not assistant.article_count():
        raise LibraryError("there are no articles yet: `articleqa add SOURCE` adds some")


def _add_samples(assistant: Assistant, screen: Screen) -> None:
    screen.line("Indexing the articles that explain the program …")
    with progress_bar() as progress:
        assistant.add_samples(progress=progress)
