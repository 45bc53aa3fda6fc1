"""Watches folders in tests: what was told, and waiting until something is so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from articleqa import Assistant, Settings
from articleqa.types import Encoder
from articleqa.watching import Change, ChangeKind, Watch, WatchReport
from encoders import HashingEncoder

# Long enough for any machine; nothing waits for it that does not fail.
PATIENCE = 120


def until(condition: Callable[[], object], *, patience: float = PATIENCE) -> None:
    """Wait until ``condition`` holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)


def news(title: str, *, words: int = 30) -> str:
    """The text of an article whose words are no other's."""
    return (
        f"{title}\n\nThe {title.lower()} was in the news. {' '.join(f'{title}{number}' for number in range(words))}.\n"
    )


class Post:
    """One library, what is watched for it, and what was told."""

    def __init__(self, assistant: Assistant, encoder: HashingEncoder) -> None:
        self.assistant = assistant
        self.encoder = encoder
        self.reports: list[WatchReport] = []
        self.read: list[str] = []
        add = assistant.add

        def noted(*sources: str, **options: object) -> object:
            self.read += sources
            return add(*sources, **options)  # type: ignore[arg-type]

        assistant.add = noted  # type: ignore[method-assign, assignment]

    @property
    def changes(self) -> list[Change]:
        """Everything that was told, in its order."""
        return [change for report in list(self.reports) for change in report.changes]

    def told(self, kind: ChangeKind) -> list[str]:
        """The names of the files of which this was told."""
        return [Path(change.origin).name for change in self.changes if change.kind is kind]

    def reasons(self) -> list[str]:
        """Why something failed."""
        return [str(change.reason) for change in self.changes if change.kind is ChangeKind.FAILED]

    def names(self) -> list[str]:
        """The names of the files that there are articles of, sorted."""
        return sorted(Path(record.origin).name for record in self.assistant.articles())

    def origins(self) -> set[str]:
        """The origins of the articles."""
        return {record.origin for record in self.assistant.articles()}

    def text(self, path: Path) -> str:
        """The text of the article of a file."""
        (record,) = [record for record in self.assistant.articles() if record.origin == str(path.resolve())]
        return self.assistant.article(record.id).text

    def once(self, *folders: Path) -> None:
        """Take in what is there."""
        Watch(self.assistant, folders, settle=0.05).once(on_report=self.reports.append)

    @contextmanager
    def watching(self, *folders: Path, settle: float = 0.2, interval: float = 600) -> Iterator[Watch]:
        """A watch in the background, once it has taken in what was there."""
        watch = Watch(self.assistant, folders, settle=settle, interval=interval)
        ready = threading.Event()
        stop = threading.Event()
        thread = threading.Thread(
            target=watch.run, args=(stop,), kwargs={"on_report": self.reports.append, "on_ready": ready.set}
        )
        thread.start()
        try:
            until(ready.is_set)
            yield watch
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@contextmanager
def post(folder: Path, *, encoder: Encoder | None = None, **settings: object) -> Iterator[Post]:
    """A library in ``folder``; meaning does not matter unless an encoder is given."""
    hashing = encoder or HashingEncoder()
    assert isinstance(hashing, HashingEncoder)
    with Assistant.open(Settings(index=folder, **settings), encoder=hashing) as assistant:  # type: ignore[arg-type]
        yield Post(assistant, hashing)
