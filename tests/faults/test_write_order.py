"""The order of writing: a file is made durable before it gets its name, and the name before anybody relies on it."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from articleqa.library import FILE_NAME
from faults.conftest import Workshop
from faults.model import Model
from faults.tracing import lines, violations, without

# A copy is synced when it is complete, and again with what is put behind it when it gets its name.
TWICE = ("sync_file < copy_whole", "sync_file < _seal")
# What has to be synced, or the rules do not see what they should.
SYNCED = {
    f"SQLite, {FILE_NAME}",
    f"SQLite, {FILE_NAME}-wal",
    "_sync_folder < _write_manifest",
    "_sync_folder < publish",
    "_write_manifest < publish",
    "sync_file < rename",
    "sync_folder < make_folder",
    "sync_folder < rename",
    "write_segment < publish",
}


@pytest.fixture(scope="module")
def traces(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """All that happens to files while a library is made, filled, built anew, moved and brought up to date."""
    place = tmp_path_factory.mktemp("traced")
    model = Model(Random(5), place)
    adds = [model.step_of("add", model.state) for _ in range(12)]
    export, folder, other = str(place / "export"), place / "far" / "index", place / "other" / "index"
    done = [["rebuild", "1"], ["remove", adds[0][1][0][0]], ["export", export], ["rollback"], ["flush"]]
    told = []
    for target, schema, steps in (
        (folder, 0, [*adds, ["flush"], *done]),
        (folder, 1, [["search", "word7"]]),
        (other, 1, [["import", export], ["write on"]]),
    ):
        ended = workshop.run(target, steps, schema=schema, trace=True)
        assert ended.status == 0, ended.said[-1]
        told.append(ended.said[-1])
    return told


def test_every_kind_of_file_is_written(traces: list[Any]) -> None:
    events = [event for trace in traces for event in trace]
    named = {Path(target).name for what, _, target, _ in events if what == "rename"}
    assert any(name.endswith(".faiss") for name in named)
    assert any(".before-" in name for name in named)
    assert {"vectors-1.json", "vectors-2.json", "export"} <= named
    kinds = {what for what, *_ in events}
    assert kinds == {"sync", "write", "rename", "delete", "make", "page", "pages kept", "cut", "told"}


def test_everything_is_durable_before_anybody_relies_on_it(traces: list[Any]) -> None:
    for trace in traces:
        assert violations(trace) == []


def test_all_that_makes_something_durable_is_needed(traces: list[Any]) -> None:
    """Each of these, taken out, would be noticed; of what is synced twice, the last."""
    for place in TWICE:
        traces = [without(trace, place) for trace in traces]
        assert not any(violations(trace) for trace in traces)
    places = {line for trace in traces for line in lines(trace)}
    assert places >= SYNCED
    assert [place for place in sorted(places) if not any(violations(without(trace, place)) for trace in traces)] == []
