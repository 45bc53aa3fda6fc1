"""Whatever is done to a library, in whatever order, it holds what it should and finds it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from articleqa.library.folding import folded
from articleqa.types import Article, Order
from shelves import Shelf, ids

IDS = st.sampled_from(["a", "b", "c", "d"])
TITLES = st.sampled_from(["Harbour", "Storm", "", "Harbour and storm, at length " * 20])
# Near copies of each other.
REPORTS = (
    "\n\n".join(f"Paragraph {number} of a long report on ships." for number in range(60)),
    "\n\n".join(f"Paragraph {number} of a long report on ships." for number in range(1, 61)),
)
TEXTS = st.sampled_from(
    [
        "The harbour fees rise.",
        "The storm broke the breakwater.\n\nRepairs cost nine million.",
        *REPORTS,
        "港口费用上涨。" * 40,
    ]
)


class LibraryHistory(RuleBasedStateMachine):
    """Compares a library with a dictionary."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="articleqa-history-"))
        self.place = Shelf(self.folder / "index")
        self.held: dict[str, tuple[str, str, int]] = {}

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.place.close()
            shutil.rmtree(self.folder)

    @rule(article_id=IDS, title=TITLES, text=TEXTS)
    def add(self, article_id: str, title: str, text: str) -> None:
        report = self.place.add(Article(id=article_id, title=title, text=text))
        (record,) = [*report.added, *report.updated, *report.unchanged, *report.copies]
        before = self.held.get(article_id)
        copied = any(other == text for name, (_, other, _) in self.held.items() if name != article_id)
        revision = 1 if before is None else before[2] + (before[1] != text)
        assert (record.id, record.revision) == (article_id, revision)
        assert bool(report.added) == (before is None and not copied)
        assert bool(report.copies) == (before is None and copied)
        assert bool(report.unchanged) == (before is not None and before[:2] == (record.title, text))
        self.held[article_id] = (record.title, text, revision)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        article_id = data.draw(st.sampled_from(sorted(self.held)))
        self.place.ingest.remove(article_id)
        del self.held[article_id]

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def remove_and_put_back(self, data: st.DataObject) -> None:
        article_id = data.draw(st.sampled_from(sorted(self.held)))
        kept = self.place.article(article_id)
        numbers = {passage.id for passage in self.place.passages()}
        self.place.ingest.remove(article_id)
        report = self.place.add(kept)
        assert [record.id for record in (*report.added, *report.copies)] == [article_id]
        assert self.place.article(article_id) == kept
        assert all(passage.id in numbers or passage.id > max(numbers) for passage in self.place.passages())

    @rule()
    def rebuild(self) -> None:
        report = self.place.ingest.rebuild()
        assert report.articles == len(self.held)
        assert report.passages_encoded == 0

    @rule(flush=st.booleans(), lose=st.sampled_from(["nothing", "faiss", "json"]))
    def open_again(self, flush: bool, lose: str) -> None:
        if flush:
            self.place.vectors.flush()
        self.place.library.close()
        for path in self.place.folder.glob(f"vectors-*.{lose}"):
            path.unlink()
        self.place = Shelf(self.folder / "index")

    @invariant()
    def is_what_it_should_be(self) -> None:
        if not hasattr(self, "place"):
            return
        self.place.check()
        records = {record.id: record for record in self.place.records()}
        assert {name: (each.title, each.revision) for name, each in records.items()} == {
            name: (title, revision) for name, (title, _, revision) in self.held.items()
        }
        for name, (_, text, revision) in self.held.items():
            assert self.place.article(name, revision).text == text
            others = {other: its for other, (_, its, _) in self.held.items() if other != name}
            twins = {other for other, its in others.items() if its == text}
            near = {other for other, its in others.items() if {its, text} == set(REPORTS)}
            also_in = records[name].also_in
            assert (set(also_in[: len(twins)]), set(also_in[len(twins) :])) == (twins, near)
        with self.place.library.reading() as snapshot:
            for name, (title, _, _) in self.held.items():
                assert name in {record.id for record in snapshot.records(matching=title.upper())}
            by_title = snapshot.records(order=Order.TITLE)
        assert [record.title for record in by_title] == sorted((held[0] for held in self.held.values()), key=folded)
        shown = {passage.article.id for passage in self.place.passages()}
        assert ids(self.place.lexical("harbour storm breakwater ships report 港口费用")) <= shown
        assert ids(self.place.lexical("breakwater")) <= {
            name for name, (_, text, _) in self.held.items() if "breakwater" in text
        }


LibraryHistory.TestCase.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
TestLibraryHistory = LibraryHistory.TestCase
