"""The order of writing: a file is made durable before it gets its name, and the folder before anybody relies on it."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from faults.conftest import Model, Workshop


def test_every_file_is_durable_before_it_is_named_and_its_name_before_it_is_used(
    workshop: Workshop, tmp_path: Path
) -> None:
    add = ["add", [[f"a{number}", "Title", Model(Random(number)).text()] for number in range(30)]]
    ended = workshop.run(tmp_path / "index", [add, ["recorded", ["flush"]], ["recorded", ["rebuild"]]])
    assert ended.status == 0, ended.said[-1]
    for events in ended.said[2:]:
        renamed = [(place, source, target) for place, (kind, source, *rest) in enumerate(events) for target in rest]
        assert renamed
        for place, source, _ in renamed:
            assert ["sync", source] in events[:place]  # its content, before
            assert ["sync", "."] in events[place:]  # its name, after
        named = [target for _, _, target in renamed]
        snapshot = next(place for place, _, target in renamed if target.endswith(".faiss"))
        manifest = next(place for place, _, target in renamed if re.fullmatch(r"vectors-\d+\.json", target))
        # The manifest names the snapshot, so that it comes last, and not before the snapshot's name is durable.
        assert snapshot < manifest, named
        assert ["sync", "."] in events[snapshot:manifest]
