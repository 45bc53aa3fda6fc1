"""A whole library of made-up articles: real sentences in another order, with vectors that are there already."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from grown import real_questions, real_sentences
from lifecycle_vectors import GrowingSource
from measuring import Clock, memory, timed_each

from articleqa.assistant import Assistant
from articleqa.ingest import fingerprint
from articleqa.library import FILE_NAME, Library, NewPassage, State
from articleqa.settings import Settings
from articleqa.types import Article, Filters, Matrix, ProgressCallback, Vector
from articleqa.vectors import Vectors

_PARAGRAPHS, _SENTENCES = 3, 4
_TRANSACTION = 2_000
_ADDITIONS, _SEARCHES = 60, 200
_SIZES, _TURNS = (1_000, 10_000, 100_000, 1_000_000), 200
_READERS, _SECONDS = 8, 20.0


class GivenVectors:
    """An encoder that encodes nothing: a text's digest says which of some vectors it gets."""

    name, revision, max_tokens = "given", "1", 256

    def __init__(self, rows: Matrix) -> None:
        self._rows = rows
        self.dimension = rows.shape[1]

    def encode_documents(
        self,
        texts: Sequence[str],
        *,
        progress: ProgressCallback | None = None,  # noqa: ARG002
    ) -> Matrix:
        """A given row for each text."""
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text: str) -> Vector:
        """A given row."""
        digest = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
        return np.array(self._rows[digest % len(self._rows)])

    def count_tokens(self, text: str) -> int:
        """About as many as there are."""
        return len(text) // 5 + 2


def library(sets: Path, folder: Path, size: int) -> dict[str, Any]:
    """Add, change, remove and search in a library of ``size`` passages."""
    encoder, built = _library(sets, folder, size)
    questions = real_questions(sets, _SEARCHES)
    articles = _articles(sets, seed=1)
    before = memory()
    started = time.perf_counter()
    with Assistant.open(Settings(index=_index(folder, size)), encoder=encoder) as assistant:
        assistant.search(questions[0])
        result: dict[str, Any] = {"build": built, "open": {"seconds": round(time.perf_counter() - started, 3)}}
        for question in questions[:20]:
            assistant.search(question)
        result["search"] = timed_each(assistant.search, questions)
        result["search by words"] = _by_words(_index(folder, size), questions)
        new = [next(articles) for _ in range(_ADDITIONS)]
        result["add one"] = timed_each(assistant.add, new)
        result["found at once"] = sum(
            bool(assistant.search(article.title, filters=Filters(article_ids=str(article.id)))) for article in new
        )
        changed = [
            Article(id=article.id, title=article.title, text=f"{article.text} And more was said.") for article in new
        ]
        clock = Clock()
        encoded = [clock.time(lambda article=article: assistant.add(article)) for article in changed]  # type: ignore[misc]
        result["change the last of three paragraphs"] = clock.figures()
        result["passages encoded for each"] = sum(report.passages_encoded for report in encoded) / len(encoded)
        result["remove one"] = timed_each(lambda article: assistant.remove(str(article.id)), new)
        after = memory()
        result["memory"] = {name: round(after[name] - before[name], 1) for name in ("own MB", "of files MB")}
        started = time.perf_counter()
    result["close"] = {"seconds": round(time.perf_counter() - started, 3)}
    if size != 100_000:
        shutil.rmtree(_index(folder, size))
    return result


def turns(sets: Path, folder: Path, size: int) -> dict[str, Any]:
    """Add, change and remove an article in libraries of growing size, in turn, so that all have the same hours."""
    sizes = [each for each in _SIZES if each <= size]
    articles = _articles(sets, seed=3)
    clocks = {(name, each): Clock() for name in ("add one", "change one", "remove one") for each in sizes}
    (question,) = real_questions(sets, 1)
    result: dict[str, Any] = {"open and answer a first search, seconds": {}}
    with ExitStack() as opened:
        assistants = {}
        for each in sizes:
            encoder, _ = _library(sets, folder, each)
            index = _index(folder, each)
            # As one that is in use is: its file is in the system's memory.
            with (index / FILE_NAME).open("rb") as file:
                while file.read(1 << 24):
                    pass
            started = time.perf_counter()
            assistants[each] = opened.enter_context(Assistant.open(Settings(index=index), encoder=encoder))
            assistants[each].search(question)
            result["open and answer a first search, seconds"][str(each)] = round(time.perf_counter() - started, 3)
        for _ in range(_TURNS):
            article = next(articles)
            changed = Article(id=article.id, title=article.title, text=f"{article.text} And more was said.")
            for each, assistant in assistants.items():
                clocks["add one", each].time(lambda: assistant.add(article))  # noqa: B023  called at once
                clocks["change one", each].time(lambda: assistant.add(changed))  # noqa: B023
                clocks["remove one", each].time(lambda: assistant.remove(str(article.id)))  # noqa: B023
    for (name, each), clock in clocks.items():
        result.setdefault(name, {})[str(each)] = clock.figures()
    for name in dict.fromkeys(name for name, _ in clocks):
        figures = result[name]
        least, most = figures[str(sizes[0])], figures[str(sizes[-1])]
        figures["largest to smallest"] = {
            which: round(most[which] / least[which], 2) for which in ("p50 ms", "own p50 ms")
        }
    return result


def readers(sets: Path, folder: Path, size: int) -> dict[str, Any]:
    """Threads that search while another adds, against the same threads alone."""
    encoder, _ = _library(sets, folder, size)
    questions = real_questions(sets, _SEARCHES)
    articles = _articles(sets, seed=2)
    result: dict[str, Any] = {}
    with Assistant.open(Settings(index=_index(folder, size)), encoder=encoder) as assistant:

        def add() -> None:
            assistant.add(next(articles))

        result["whole library"] = _beside(lambda number: assistant.search(questions[number % len(questions)]), add)
    shutil.rmtree(_index(folder, size))

    rows = np.load(folder / "vectors.npy", mmap_mode="r")
    index = folder / "readers"
    shutil.rmtree(index, ignore_errors=True)
    index.mkdir()
    source = GrowingSource(rows, size)
    keeper = Vectors(index)
    keeper.prepare(source, generation=1, dimension=rows.shape[1])
    queries = np.stack([encoder.encode_query(question) for question in questions])
    keeper.search(source, queries[0], generation=1, limit=10)

    def grow() -> None:
        source.count = min(source.count + 3, len(rows))
        keeper.refresh(source, generation=1, dimension=rows.shape[1])
        # As long as it takes at least to store an article durably.
        time.sleep(0.005)

    result["vectors alone"] = _beside(
        lambda number: keeper.search(source, queries[number % len(queries)], generation=1, limit=100), grow
    )
    keeper.close()
    shutil.rmtree(index)
    return result


def _beside(search: Callable[[int], object], write: Callable[[], None]) -> dict[str, Any]:
    """What searches take without and with a writer beside them; each twice, so that neither has the better half."""
    rounds: dict[str, list[tuple[list[float], int]]] = {"idle": [], "beside a writer": []}
    for _ in range(2):
        rounds["idle"].append(_round(search, None))
        rounds["beside a writer"].append(_round(search, write))
    result: dict[str, Any] = {}
    for name, results in rounds.items():
        times = np.array([seconds for taken, _ in results for seconds in taken])
        result[name] = {
            "p50 ms": round(1000 * float(np.percentile(times, 50)), 2),
            "p95 ms": round(1000 * float(np.percentile(times, 95)), 2),
            "searches a second": round(len(times) / (_SECONDS * len(results)), 1),
            "additions a second": round(sum(written for _, written in results) / (_SECONDS * len(results)), 1),
        }
    result["p95, to idle"] = round(result["beside a writer"]["p95 ms"] / result["idle"]["p95 ms"], 2)
    return result


def _round(search: Callable[[int], object], write: Callable[[], None] | None) -> tuple[list[float], int]:
    taken: list[list[float]] = [[] for _ in range(_READERS)]
    stop = threading.Event()
    written = 0

    def read(own: list[float], first: int) -> None:
        for number in count(first):
            if stop.is_set():
                return
            started = time.perf_counter()
            search(number)
            own.append(time.perf_counter() - started)

    threads = [threading.Thread(target=read, args=(own, 25 * number)) for number, own in enumerate(taken)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if write is None:
            time.sleep(0.1)
        else:
            write()
            written += 1
    stop.set()
    for thread in threads:
        thread.join()
    return [seconds for own in taken for seconds in own], written


def _by_words(index: Path, questions: Sequence[str]) -> dict[str, float]:
    shelf = Library(index)
    with shelf.reading() as snapshot:
        generation = snapshot.generation()
        if generation is None:
            raise SystemExit(f"{index} holds no article")

        def search(question: str) -> object:
            query = snapshot.lexical_query(generation.id, question)
            return snapshot.lexical_search(generation.id, query, limit=100)

        figures = timed_each(search, questions)
    shelf.close()
    return figures


def _index(folder: Path, size: int) -> Path:
    return folder / f"library-{size}"


def _library(sets: Path, folder: Path, size: int) -> tuple[GivenVectors, dict[str, Any]]:
    """Make a library of ``size`` passages, unless it is there; each passage is a paragraph."""
    encoder = GivenVectors(np.load(folder / "vectors.npy", mmap_mode="r"))
    index = _index(folder, size)
    if index.exists():
        return encoder, {}
    started = time.perf_counter()
    shelf = Library(index)
    with shelf.writing() as writer:
        generation = writer.begin_generation(
            fingerprint=fingerprint(encoder), encoder=encoder.name, dimension=encoder.dimension, state=State.ANSWERING
        )
    articles, stored = _articles(sets, seed=0), 0
    while stored < size:
        with shelf.writing() as writer:
            for _ in range(min(_TRANSACTION, -(-(size - stored) // _PARAGRAPHS))):
                article = next(articles)
                passages = list(_passages(article, encoder))
                writer.put(article, passages, generation.id)
                stored += len(passages)
    shelf.checkpoint()
    with shelf.reading() as snapshot:
        Vectors(index).prepare(snapshot, generation=generation.id, dimension=encoder.dimension)
    shelf.close()
    taken = time.perf_counter() - started
    return encoder, {
        "seconds": round(taken, 1),
        "bytes": sum(path.stat().st_size for path in index.iterdir()),
        "characters": int(_characters(index)),
    }


def _characters(index: Path) -> int:
    shelf = Library(index)
    with shelf.reading() as snapshot:
        total = sum(record.characters for record in snapshot.records())
    shelf.close()
    return total


def _passages(article: Article, encoder: GivenVectors) -> Iterator[NewPassage]:
    start = 0
    for paragraph in article.text.split("\n\n"):
        words = f"{article.title}\n{paragraph}"
        digest = hashlib.blake2b(words.encode(), digest_size=16).digest()
        yield NewPassage(start, start + len(paragraph), digest, encoder.encode_query(words).astype("<f4").tobytes())
        start += len(paragraph) + 2


def _articles(sets: Path, *, seed: int) -> Iterator[Article]:
    """Articles without end, no two the same."""
    sentences = real_sentences(sets, 60_000)
    random = np.random.default_rng(seed)
    for number in count():
        chosen = [sentences[place] for place in random.integers(0, len(sentences), _PARAGRAPHS * _SENTENCES)]
        paragraphs = [" ".join(chosen[first : first + _SENTENCES]) for first in range(0, len(chosen), _SENTENCES)]
        title = f"Report {seed}-{number}: {chosen[0][:60]}"
        yield Article(
            id=f"{seed}-{number}",
            title=title,
            text="\n\n".join(paragraphs),
            source=f"Outlet {number % 20}",
            published=f"20{number % 25:02}-0{1 + number % 9}-1{number % 10}",
            origin=f"made:{seed}-{number}",
        )
