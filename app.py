"""Article QA in the browser: ``python app.py``."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import Progress as Bar

from articleqa import ArticleQAError, Assistant, Progress, Settings
from articleqa.ui.welcome import sample_folder


def add_samples(assistant: Assistant, console: Console) -> None:
    """Put the articles that explain the program into an empty library."""
    if assistant.articles(limit=1):
        return
    with Bar(console=console) as bar:
        task = bar.add_task("Indexing the sample library", total=None)

        def tell(state: Progress) -> None:
            bar.update(task, completed=state.done, total=state.total)

        assistant.add(sample_folder(), progress=tell)


def serve(assistant: Assistant, console: Console) -> None:
    """Serve the chat, and say where it is."""
    with console.status("Starting the chat") as status:
        from articleqa import server

        def ready(url: str) -> None:
            status.stop()
            console.print(f"Article QA is at [bold]{url}[/bold]   (Ctrl-C ends it)", highlight=False)

        server.serve(assistant, on_ready=ready)


def main() -> int:
    """Open the library, then serve the chat until Ctrl-C. Returns the exit code."""
    console = Console()
    try:
        with Assistant.open(Settings.load()) as assistant:
            add_samples(assistant, console)
            serve(assistant, console)
    except ArticleQAError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
