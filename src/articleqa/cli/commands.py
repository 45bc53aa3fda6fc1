"""The commands and their options, as a person sees them. What they do is in :mod:`articleqa.cli.actions`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from articleqa.types import Filters, Order

application = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # help that is formatted with rich takes twice as long
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Index = Annotated[
    Path | None, typer.Option("--index", metavar="DIR", help="The folder of the library; else that of the settings.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="SPEC",
        help="none, gguf:FILE, openvino:FOLDER, openvino:OWNER/NAME or http://host:port/v1#model.",
    ),
]
Source = Annotated[
    list[str] | None, typer.Option("--source", metavar="OUTLET", help="Only this outlet; may be repeated.")
]
After = Annotated[str | None, typer.Option("--after", metavar="DATE", help="Only of this day or later.")]
Before = Annotated[str | None, typer.Option("--before", metavar="DATE", help="Only of this day or earlier.")]
Only = Annotated[list[str] | None, typer.Option("--article", metavar="ID", help="Only this one; may be repeated.")]
Dated = Annotated[bool, typer.Option("--dated-only", help="Only articles that have a date.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `articleqa list` shows it.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from articleqa import __version__

        typer.echo(f"articleqa {__version__}")
        raise typer.Exit


@application.callback()
def start(
    version: Annotated[  # noqa: ARG001 - its callback has seen it
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show log messages on standard error.")] = False,
) -> None:
    """Answers from your own articles, with citations that are exact spans and are checked."""
    from articleqa.cli.messages import configure

    configure(verbose=verbose)


@application.command()
def add(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE…", help="Files, folders, web addresses.")],
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Add articles, or update those that have changed."""
    from articleqa.cli import actions

    actions.add(sources, index=index, as_json=as_json)


@application.command("list")
def list_articles(
    index: Index = None,
    source: Source = None,
    after: After = None,
    before: Before = None,
    article: Only = None,
    dated_only: Dated = False,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only with these words in title, source, author or address.")
    ] = None,
    sort: Annotated[Order, typer.Option(help="What they are sorted by.", show_default=True)] = Order.ARRIVAL,
    descending: Annotated[bool, typer.Option("--descending", help="From the last to the first.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many.")] = None,
    offset: Annotated[int, typer.Option(min=0, metavar="N", help="Pass over so many first.")] = 0,
    as_json: Json = False,
) -> None:
    """List the articles, in the order in which they came unless another is asked for."""
    from articleqa.cli import actions

    actions.list_articles(
        index=index,
        filters=_filters(source, after, before, article, dated_only),
        matching=search,
        order=sort,
        descending=descending,
        limit=limit,
        offset=offset,
        as_json=as_json,
    )


@application.command()
def show(
    article_id: Id,
    revision: Annotated[int | None, typer.Option(metavar="N", help="An earlier revision.")] = None,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Show one article, whole."""
    from articleqa.cli import actions

    actions.show(article_id, revision=revision, index=index, as_json=as_json)


@application.command()
def remove(article_id: Id, index: Index = None) -> None:
    """Remove an article, with all its revisions."""
    from articleqa.cli import actions

    actions.remove(article_id, index=index)


@application.command()
def rebuild(
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Return to the index as it was before the last rebuild.")
    ] = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Make the index again beside the old one, then swap them; one that was interrupted goes on."""
    from articleqa.cli import actions

    actions.rebuild(index=index, rollback=rollback, as_json=as_json)


@application.command("export")
def export_library(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; an earlier export is replaced.")],
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Write the whole library into one file: a backup, or the way to another machine."""
    from articleqa.cli import actions

    actions.export_library(file, index=index, as_json=as_json)


@application.command("import")
def import_library(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `articleqa export` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the articles that are there.")
    ] = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Put an exported library in the place of an empty one, or with --replace of any."""
    from articleqa.cli import actions

    actions.import_library(file, index=index, replace=replace, as_json=as_json)


@application.command()
def watch(
    folders: Annotated[list[str] | None, typer.Argument(metavar="FOLDER…", help="Folders, at any depth.")] = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", metavar="URL", help="A feed; may be repeated.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Take in what is there now, and end.")] = False,
    interval: Annotated[
        float | None, typer.Option("--interval", metavar="MINUTES", help="Between two looks at a feed.")
    ] = None,
    index: Index = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead.")] = False,
) -> None:
    """Keep up with folders and feeds until Ctrl-C; without any, with those of the settings."""
    from articleqa.cli import watch as watching

    watching.watch(folders or [], feed or [], index=index, once=once, interval=interval, as_json=as_json)


@application.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What you want to know, in quotation marks.")],
    index: Index = None,
    source: Source = None,
    after: After = None,
    before: Before = None,
    article: Only = None,
    dated_only: Dated = False,
    llm: Model = None,
    as_json: Json = False,
) -> None:
    """Answer a question from the articles, with citations."""
    from articleqa.cli import actions

    filters = _filters(source, after, before, article, dated_only)
    actions.ask(question, index=index, filters=filters, llm=llm, as_json=as_json)


@application.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a question, in quotation marks.")],
    index: Index = None,
    source: Source = None,
    after: After = None,
    before: Before = None,
    article: Only = None,
    dated_only: Dated = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.", show_default=True)] = 10,
    as_json: Json = False,
) -> None:
    """Show the passages that bear on a query, best first."""
    from articleqa.cli import actions

    filters = _filters(source, after, before, article, dated_only)
    actions.search(query, index=index, filters=filters, limit=limit, as_json=as_json)


@application.command()
def chat(
    index: Index = None,
    source: Source = None,
    after: After = None,
    before: Before = None,
    article: Only = None,
    dated_only: Dated = False,
    llm: Model = None,
) -> None:
    """Hold a conversation in the terminal. Questions may also be piped in, one on a line."""
    from articleqa.cli import actions

    filters = _filters(source, after, before, article, dated_only)
    actions.chat(index=index, filters=filters, llm=llm)


@application.command()
def serve(
    index: Index = None,
    host: Annotated[str | None, typer.Option(metavar="HOST", help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, metavar="PORT", help="The port; 0: any.")] = None,
) -> None:
    """Open the chat in the browser."""
    from articleqa.cli import actions

    actions.serve(index=index, host=host, port=port)


@application.command("eval")
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="SET", help="A folder: articles.jsonl and questions.jsonl.")],
    index: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the index in this folder; else it is a temporary one.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Ask so many of the questions.")] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Which ones a limit takes.", show_default=True)] = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report, question by question, as JSON.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with curves and the worst questions.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Say what differs from a run that --save wrote.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure retrieval, answers, refusals, citations, confidence and latency."""
    from articleqa.cli import actions

    actions.evaluate(
        folder, index=index, limit=limit, seed=seed, save=save, html=html, compare=compare, as_json=as_json
    )


@application.command()
def fetch(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="openvino:OWNER/NAME, as the setting llm names it.")],
) -> None:
    """Fetch a language model from a hub, or the rest of one. Nothing else does."""
    from articleqa.cli import actions

    actions.fetch_model(model)


@application.command()
def doctor(
    bench: Annotated[
        bool, typer.Option("--bench", help="Measure this machine as well, in some 20 seconds, and suggest settings.")
    ] = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Say what is installed, the state of everything, and what to do."""
    from articleqa.cli import actions

    actions.doctor(index=index, bench=bench, as_json=as_json)


def _filters(
    source: list[str] | None,
    after: str | None,
    before: str | None,
    article: list[str] | None,
    dated_only: bool,
) -> Filters | None:
    if dated_only and after is None and before is None:
        after = "0001-01-01"  # an article passes or fails as undated only where dates are asked for
    filters = Filters(
        source=tuple(source) if source else None,
        after=after,
        before=before,
        article_ids=tuple(article) if article else None,
        undated=not dated_only,
    )
    return filters or None
