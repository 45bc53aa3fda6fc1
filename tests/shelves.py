"""A library with what fills and searches it, without the rooms above: for tests of storage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from articleqa.ingest import Ingest, Source
from articleqa.library import FILE_NAME, FoundPassage, Library, State, Writer
from articleqa.loading import Limits
from articleqa.types import AddReport, Article, ArticleRecord, Encoder, Filters, ProgressCallback
from articleqa.vectors import NumpyIndex, Vectors
from encoders import HashingEncoder

HARBOUR = Article(
    id="harbour",
    title="Fees rise",
    text="The harbour of Velmora raises its fees.\n\nThe mayor said so on Thursday.",
    source="Courier",
    published="2024-11-07",
)
STORM = Article(
    id="storm",
    title="After the storm",
    text="A storm broke the breakwater. Repairs cost nine million.",
    source="Wire",
    published="2024-02-03T09:30:00Z",
)
UNION = Article(id="union", title="The union", text="The skippers of the harbour want an exemption.")


def crowd(count: int, name: str = "report") -> list[Article]:
    """Many short articles that are much alike."""
    return [
        Article(id=f"{name}-{number}", title=f"Report {number}", text=f"Part {number} of the {name} on the harbour.")
        for number in range(count)
    ]


class Shelf:
    """One folder, opened."""

    def __init__(self, folder: Path, *, encoder: Encoder | None = None, busy_timeout: float = 10.0) -> None:
        self.folder = folder
        self.encoder = encoder or HashingEncoder()
        self.library = Library(folder, busy_timeout=busy_timeout)
        self.vectors = Vectors(folder, reading=self.library.reading)
        self.ingest = self.ingest_over(lambda: self.encoder)

    def ingest_over(self, open_encoder: Callable[[], Encoder]) -> Ingest:
        """What fills this library, with another way to get at an encoder."""
        return Ingest(self.library, self.vectors, open_encoder, Limits())

    def add(self, *sources: Source, progress: ProgressCallback | None = None) -> AddReport:
        return self.ingest.add(sources, progress=progress)

    def records(self, filters: Filters | None = None) -> list[ArticleRecord]:
        with self.library.reading() as snapshot:
            return snapshot.records(filters)

    def article(self, article_id: str, revision: int | None = None) -> Article:
        with self.library.reading() as snapshot:
            return snapshot.article(article_id, revision)

    def lexical(self, question: str, *, filters: Filters | None = None, limit: int = 100) -> list[FoundPassage]:
        """What the words find, best first."""
        with self.library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is None:
                return []
            query = snapshot.lexical_query(generation.id, question)
            hits = snapshot.lexical_search(generation.id, query, limit=limit, filters=filters)
            found = snapshot.passages([number for number, _ in hits], filters)
            assert set(found) == {number for number, _ in hits}, "a hit leads nowhere"
            return [found[number] for number, _ in hits]

    def dense(self, question: str, *, filters: Filters | None = None, limit: int = 100) -> list[FoundPassage]:
        """What the vectors find, best first."""
        with self.library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is None:
                return []
            hits = self.vectors.search(
                snapshot,
                self.encoder.encode_query(question),
                generation=generation.id,
                limit=limit,
                allowed=snapshot.allowed_passages(generation.id, filters),
            )
            found = snapshot.passages([number for number, _ in hits], filters)
            assert set(found) == {number for number, _ in hits}, "a hit leads nowhere"
            return [found[number] for number, _ in hits]

    def passages(self) -> list[FoundPassage]:
        """Every passage of the generation that answers, by its id."""
        with self.library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is None:
                return []
            every = Filters(article_ids=tuple(record.id for record in snapshot.records()))
            numbers = snapshot.allowed_passages(generation.id, every)
            found = snapshot.passages([] if numbers is None else numbers.tolist())
            return [found[number] for number in sorted(found)]

    def check(self) -> None:
        """Everything that has to be true of a library at any time, whatever happened to it."""
        assert self.library.integrity_problems() == []
        # Nobody writes meanwhile.
        with self.library.writing() as writer:
            assert writer.damaged_texts() == []
            generation = writer.generation()
            if generation is None:
                return
            found = self.passages()
            for passage in found:
                assert self.article(passage.article.id).text[passage.start : passage.end] == passage.text
            numbers = [passage.id for passage in found]
            assert writer.passage_count(generation.id) == len(found)
            assert writer.damaged_vectors(generation.id) == []
            words = f"words_{generation.id}"
            assert writer._rows(f"SELECT id FROM {words}_docsize ORDER BY id") == [(number,) for number in numbers]
            writer._run(f"INSERT INTO {words} ({words}) VALUES ('integrity-check')")
            assert writer.texts_to_index(generation.id) == []
            check_generations(writer)
            oracle = NumpyIndex(generation.dimension)
            for batch, vectors in writer.vectors_after(generation.id, 0):
                oracle.add(batch, vectors)
            assert len(oracle) == len(found)
            for passage in found[:: max(1, len(found) // 7)]:
                query = self.encoder.encode_query(passage.text)
                expected = oracle.search(query, 10)
                answers = self.vectors.search(writer, query, generation=generation.id, limit=10)
                assert [score for _, score in answers] == pytest.approx([score for _, score in expected], abs=1e-5)
                assert {number for number, _ in answers} <= set(numbers)

    def close(self) -> None:
        self.vectors.close()
        self.library.close()


def check_generations(writer: Writer) -> None:
    """One generation answers; of every other, what it holds is whole, and is of articles that are there."""
    states = dict(writer._rows("SELECT id, state FROM generations"))
    assert [state for state in states.values() if state == State.ANSWERING] == [State.ANSWERING]
    for number, state in states.items():
        counts = writer.row_counts(number) if writer.has_words(number) else None
        if state == State.DROPPED:
            continue
        assert counts is not None
        assert counts.passages == counts.words == counts.worded == writer.passage_count(number)
    current = "SELECT r.text FROM articles a JOIN revisions r ON r.article = a.number AND r.revision = a.revision"
    assert writer._rows(f"SELECT id FROM passages WHERE text NOT IN ({current})") == []
    assert writer._rows("SELECT passage FROM vectors WHERE passage NOT IN (SELECT id FROM passages)") == []


def ids(passages: list[FoundPassage]) -> set[str]:
    """The articles that passages are shown under."""
    return {passage.article.id for passage in passages}


def run_sql(folder: Path, statement: str) -> None:
    """Do something to the file that the program itself would never do.

    It uses the same SQLite as the program: two of them in one process would undo each other's locks.
    """
    connection = apsw.Connection(str(folder / FILE_NAME))
    connection.set_busy_timeout(10_000)
    connection.execute(statement).fetchall()
    connection.close()
