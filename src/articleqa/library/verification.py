"""Whether a generation is whole: what has to be true of it before it answers."""

from __future__ import annotations

from collections.abc import Callable

from articleqa.library.snapshot import Snapshot

# Passages that are looked for.
SAMPLES = 48


def missing_texts(snapshot: Snapshot, generation: int) -> int:
    """How many texts of current revisions a generation lacks; those that wait for another title only are in it."""
    return sum(snapshot.indexed_title(row) == title for row, title in snapshot.texts_to_index(generation))


def index_faults(snapshot: Snapshot, generation: int, *, told: Callable[[], None] = lambda: None) -> list[str]:
    """What is wrong with what a generation holds, one line each: counts, digests, passages not found by their words.

    ``told`` is called after each of the three.
    """
    faults = []
    counts = snapshot.row_counts(generation)
    if counts.passages != snapshot.passage_count(generation):
        faults.append(f"it has {counts.passages} passages, not {snapshot.passage_count(generation)}")
    if counts.vectors != counts.passages:
        faults.append(f"{counts.passages - counts.vectors} vectors are missing")
    if not counts.passages == counts.words == counts.worded:
        faults.append(f"the words of {counts.worded} of {counts.passages} passages are indexed, {counts.words} in all")
    told()
    damaged = len(snapshot.damaged_vectors(generation))
    if damaged:
        faults.append(f"{damaged} vectors are damaged")
    told()
    numbers = snapshot.sampled_passages(generation, SAMPLES)
    passages = snapshot.passages(numbers)
    lost = [
        number
        for number in numbers
        if number not in passages or not snapshot.finds_by_words(generation, number, passages[number].text)
    ]
    if lost:
        faults.append(f"{len(lost)} of {len(numbers)} passages are not found by their own words")
    told()
    return faults
