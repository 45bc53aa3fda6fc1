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


def main() -> int:
    """Open the library, then serve the chat until Ctrl-C. Returns the exit code."""
    console = Console()
    try:
        with Assistant.open(Settings.load()) as assistant:
            add_samples(assistant, console)
            from articleqa import server

            server.serve(assistant, on_ready=lambda url: console.print(f"Article QA is at {url}  (Ctrl-C ends it)"))
    except ArticleQAError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
