"""Whatever is done to a library, in whatever order, and wherever programs die on the way: it holds what it should."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from faults.conftest import Workshop
from faults.model import Step
from faults.steps import do, opened
from faults.test_kill import POINTS
from faults.workshop import SMALL

# Title, text and revision of each article.
Held = dict[str, tuple[str, str, int]]

KEYS = st.sampled_from(["a", "b", "c", "d"])
TITLES = st.sampled_from(["Harbour", "Storm", "Other"])
LONG = "\n\n".join(f"Paragraph {number} of a long report on word{number} and ships. " * 6 for number in range(25))
TEXTS = st.sampled_from(["The harbour fees rise by word7.", "The storm broke word8.", LONG, LONG + "\n\nAnd an end."])
ADDS = st.lists(st.tuples(KEYS, TITLES, TEXTS), min_size=1, max_size=3, unique_by=lambda each: each[0])
REVISIONS = st.sampled_from("12")


class CrashingHistory(RuleBasedStateMachine):
    """Compares a library with a dictionary. Its own program stays open while others change the library and die."""

    workshop: ClassVar[Workshop]

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="articleqa-crashing-")) / "index"
        self.place = opened(self.folder)
        self.held: Held = {}

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.place.close()
            shutil.rmtree(self.folder.parent)

    @rule(articles=ADDS)
    def add(self, articles: list[tuple[str, str, str]]) -> None:
        self._do(["add", articles])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.held)))
        title, text, _ = self.held[key]
        self._do(["add", [[key, title, text + data.draw(st.sampled_from([" More.", "\n\nA paragraph on word9."]))]]])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self._do(["remove", *self._some(data)])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def remove_and_put_back(self, data: st.DataObject) -> None:
        """As a person does who takes it back: the article comes again as it was cited."""
        (key, *_) = self._some(data)
        kept = self.place.article(key)
        do(self.place, ["remove", key])
        do(self.place, ["check"])
        self.place.add(kept)
        assert self.place.article(key) == kept

    @precondition(lambda self: self.held)
    @rule(revision=REVISIONS)
    def rebuild(self, revision: str) -> None:
        self._do(["rebuild", revision])

    @rule()
    def roll_back(self) -> None:
        self._do(["rollback"])

    @rule(flushed=st.booleans(), lost=st.sampled_from(["nothing", "faiss", "json"]))
    def restart(self, flushed: bool, lost: str) -> None:
        if flushed:
            do(self.place, ["flush"])
        self.place.close()
        for path in self.folder.glob(f"vectors-*.{lost}"):
            path.unlink()
        self.place = opened(self.folder)

    @rule(data=st.data(), times=st.integers(1, 3))
    def crash(self, data: st.DataObject, times: int) -> None:
        """Another program does something and dies at one of the points that it comes to."""
        steps: list[tuple[Step, str]] = [
            (["add", data.draw(ADDS)], "ingest.batch. ingest.title."),
            (["rollback"], "ingest.roll ingest.rebuild."),
        ]
        if self.held:
            steps.append((["remove", *self._some(data)], "ingest.removal. ingest.title."))
            steps.append((["rebuild", data.draw(REVISIONS)], "ingest.rebuild."))
        step, own = data.draw(st.sampled_from(steps))
        starts = tuple(f"{own} library.transaction. vectors.".split())
        point = data.draw(st.sampled_from([name for name in POINTS if name.startswith(starts)]))
        ended = self.workshop.run(self.folder, [step, ["flush"]], kill_at=(point, times))
        assert ended.status <= 0, ended.said[-1]["raised"]
        after = self._after(step)
        if len(ended.said) > 1:
            self.held = after
            return
        seen = self._seen()
        assert seen in (self.held, after), point
        self.held = seen

    @invariant()
    def is_what_it_should_be(self) -> None:
        if not hasattr(self, "place"):
            return
        do(self.place, ["check"])
        assert self._seen() == self.held

    def _do(self, step: Step) -> None:
        do(self.place, step)
        self.held = self._after(step)

    def _after(self, step: Step) -> Held:
        match step:
            case ["add", articles]:
                held = dict(self.held)
                for key, title, text in articles:
                    before = held.get(key)
                    held[key] = (title, text, before[2] + (before[1] != text) if before else 1)
                return held
            case ["remove", *keys]:
                return {key: each for key, each in self.held.items() if key not in keys}
            case _:
                return self.held

    def _seen(self) -> Held:
        return {
            record.id: (record.title, self.place.article(record.id).text, record.revision)
            for record in self.place.records()
        }

    def _some(self, data: st.DataObject) -> list[str]:
        return data.draw(st.lists(st.sampled_from(sorted(self.held)), min_size=1, max_size=2, unique=True))


@pytest.mark.parametrize(("examples", "steps"), [(5, 8), pytest.param(30, 15, marks=pytest.mark.slow)])
def test_a_library_is_a_dictionary_whoever_dies(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, examples: int, steps: int
) -> None:
    for room, name, value in SMALL:
        monkeypatch.setattr(room, name, value)
    run_state_machine_as_test(
        type("CrashingHistory", (CrashingHistory,), {"workshop": workshop}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
