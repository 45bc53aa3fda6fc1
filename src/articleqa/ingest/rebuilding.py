"""A new generation of the index, which grows beside the one that answers and takes its place once it is proven."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from articleqa.checkpoints import reached
from articleqa.ingest.base import Base, begin
from articleqa.ingest.encoding import Cut, cut, encode, fingerprint
from articleqa.ingest.meter import Meter
from articleqa.ingest.proving import faults
from articleqa.library import Generation, Snapshot, State, Writer
from articleqa.types import (
    Encoder,
    IndexMismatch,
    LibraryBusy,
    LibraryDamaged,
    LibraryError,
    ProgressCallback,
    RebuildReport,
)

logger = logging.getLogger(__name__)

# Texts that are cut, encoded and committed together.
_BATCH_TEXTS = 16
# Passages of a dropped generation that are deleted together: others can write in between.
_SWEPT_PASSAGES = 2000

CLAIM = "a rebuild or an import"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A text that was read and cut, under the title it had."""

    row: int
    title: str
    text: str
    cut: Cut


class Rebuilding(Base):
    """The index is built anew, and one can return to what it was before."""

    def rebuild(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """Build a new generation beside the one that answers, then let it answer.

        Texts are cut again; what the same encoder has read before is not encoded again. A rebuild that was interrupted
        is continued. The generation that answered before is kept until the next rebuild has come to its end. Revisions
        that are no longer current are dropped.

        Raises:
            LibraryBusy: if another rebuild is under way, or another program keeps writing.
            LibraryDamaged: if what was built does not verify; the old generation answers on.
        """
        started = time.perf_counter()
        encoder = self._open_encoder()
        with self._library.claim(CLAIM):
            self._sweep()
            with self._library.writing() as writer:
                generation = writer.growing_generation()
                resumed = generation is not None and generation.fingerprint == fingerprint(encoder)
                if generation is None or not resumed:
                    writer.give_up()
                    generation = begin(writer, encoder, State.GROWING)
                else:
                    writer.give_up(but=generation.id)
            reached("ingest.rebuild.begun")
            report = self._let_answer(generation, encoder, State.GROWING, progress)
        return replace(report, seconds=time.perf_counter() - started, resumed=resumed)

    def rollback(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """Return to the generation that answered before the last rebuild; that which answers now is kept in its place.

        What came since is put into it first, so that nothing is missing from answers; what was removed since is in
        neither.

        Raises:
            LibraryError: if there is none.
            IndexMismatch: if the encoder is not the one that it was built with.
            LibraryBusy: if a rebuild is under way, or another program keeps writing.
            LibraryDamaged: if it does not verify; the present generation answers on.
        """
        started = time.perf_counter()
        with self._library.reading() as snapshot:
            kept = snapshot.kept_generation()
        if kept is None:
            raise LibraryError(
                "there is no earlier generation to return to: `articleqa rebuild` keeps the one it replaces"
            )
        encoder = self._open_encoder()
        _check_return(kept, encoder)
        with self._library.claim(CLAIM):
            reached("ingest.rollback.begun")
            report = self._let_answer(kept, encoder, State.KEPT, progress)
        reached("ingest.rollback.done")
        return replace(report, seconds=time.perf_counter() - started)

    def _let_answer(
        self, generation: Generation, encoder: Encoder, state: State, progress: ProgressCallback | None
    ) -> RebuildReport:
        """Fill a generation, prove it, and let it answer in place of the one that does."""
        meter = Meter(progress)
        encoded = self._fill(generation, encoder, state, meter)
        reached("ingest.rebuild.filled")
        self._prove(generation, state, progress)
        reached("ingest.rebuild.proven")
        encoded += self._swap(generation, encoder, state, meter)
        reached("ingest.rebuild.swapped")
        try:
            self._sweep()
        except LibraryError as error:
            # What was asked for is done.
            logger.warning("the index before the last is not deleted yet; the next rebuild does it: %s", error)
        reached("ingest.rebuild.swept")
        self._library.checkpoint()
        self._refresh()
        self._vectors.flush()
        with self._library.reading() as snapshot:
            kept = snapshot.kept_generation()
            return RebuildReport(
                generation=generation.id,
                articles=snapshot.article_count(),
                passages=snapshot.passage_count(generation.id),
                passages_encoded=encoded,
                seconds=0.0,
                kept_generation=kept.id if kept else None,
                kept_bytes=snapshot.stored_bytes(kept.id) if kept else 0,
            )

    def _fill(self, generation: Generation, encoder: Encoder, state: State, meter: Meter) -> int:
        """Cut and encode every text that a generation lacks; how many passages were encoded."""
        with self._library.reading() as snapshot:
            damaged = _damaged_texts(snapshot, generation)
            texts = [*snapshot.texts_to_index(generation.id), *damaged]
            meter.before = snapshot.indexed_texts(generation.id) - len(damaged)
        meter.total = meter.before + len(texts)
        meter.begin("index")
        seen: set[int] = set()
        encoded = 0
        # What comes in meanwhile has its turn, too; at the swap, others would have to wait for it.
        while texts:
            seen.update(row for row, _ in texts)
            for first in range(0, len(texts), _BATCH_TEXTS):
                batch = texts[first : first + _BATCH_TEXTS]
                encoded += self._fill_batch(batch, generation, encoder, state, meter)
                reached("ingest.rebuild.growing")
                meter.advance("index", len(batch))
            with self._library.reading() as snapshot:
                texts = [pair for pair in snapshot.texts_to_index(generation.id) if pair[0] not in seen]
            meter.total += len(texts)
        return encoded

    def _fill_batch(
        self, texts: Sequence[tuple[int, str]], generation: Generation, encoder: Encoder, state: State, meter: Meter
    ) -> int:
        with self._library.reading() as snapshot:
            prepared = _prepared(snapshot, texts, encoder)
            part = meter.part("index", len(texts))
            vectors, encoded = encode(snapshot, [each.cut for each in prepared], encoder, part)
        with self._library.writing() as writer:
            _check_state(writer, generation, state)
            for each in prepared:
                # Where the title is stale, the generation that answers keeps it until this one does.
                if writer.indexed_title(each.row) == each.title and writer.text(each.row) == each.text:
                    writer.put_passages(each.row, each.title, each.cut.passages(vectors), generation.id)
        return encoded

    def _prove(self, generation: Generation, state: State, progress: ProgressCallback | None) -> None:
        """Make sure that a generation is whole and that its passages are found."""
        with self._library.reading() as snapshot:
            found = faults(snapshot, generation, self._library.folder, progress)
        if not found:
            return
        if state is State.GROWING:
            # The next rebuild begins anew.
            with self._library.writing() as writer:
                writer.give_up()
            self._sweep()
        advice = "run it again" if state is State.GROWING else "`articleqa rebuild` makes a new one"
        raise LibraryDamaged(
            f"generation {generation.id} does not verify ({'; '.join(found)}), and the present one answers on: {advice}"
        )

    def _swap(self, generation: Generation, encoder: Encoder, state: State, meter: Meter) -> int:
        """Let a generation answer, with what came in, or got another title, since it was filled; passages encoded."""
        with self._library.reading() as snapshot:
            late = _prepared(snapshot, snapshot.texts_to_index(generation.id), encoder, stale=True)
            vectors, encoded = encode(snapshot, [each.cut for each in late], encoder, meter)
        ready = {each.row: each for each in late}
        with self._library.writing() as writer:
            _check_state(writer, generation, state)
            for row, title in writer.texts_to_index(generation.id):
                text = writer.text(row)
                each = ready.get(row)
                if each is None or (each.title, each.text) != (title, text):
                    each = _Prepared(row, title, text, cut(text, title, encoder))
                    more, fresh = encode(writer, [each.cut], encoder, meter)
                    vectors.update(more)
                    encoded += fresh
                writer.put_passages(row, title, each.cut.passages(vectors), generation.id)
            if writer.texts_to_index(generation.id):
                raise LibraryDamaged(f"generation {generation.id} of the index is not whole: run `articleqa rebuild`")
            writer.activate(generation.id)
            if state is State.GROWING:
                writer.prune_revisions()
            reached("ingest.rebuild.swapping")
        return encoded

    def _sweep(self) -> None:
        """Delete the generations that are dropped, a part at a time."""
        more = True
        while more:
            with self._library.writing() as writer:
                more = writer.sweep(limit=_SWEPT_PASSAGES)
            reached("ingest.rebuild.sweeping")


def _prepared(
    snapshot: Snapshot, texts: Sequence[tuple[int, str]], encoder: Encoder, *, stale: bool = False
) -> list[_Prepared]:
    """Texts, read and cut; ``stale`` ones, too, that are to get another title."""
    ready = []
    for row, title in texts:
        indexed = snapshot.indexed_title(row)
        # It may have been removed meanwhile.
        if indexed is not None and (stale or indexed == title):
            text = snapshot.text(row)
            ready.append(_Prepared(row, title, text, cut(text, title, encoder)))
    return ready


def _damaged_texts(snapshot: Snapshot, generation: Generation) -> list[tuple[int, str]]:
    """Row and title of the texts with a passage whose vector is damaged."""
    damaged = snapshot.passages(snapshot.damaged_vectors(generation.id))
    rows = sorted({passage.text_id for passage in damaged.values()})
    return [(row, title) for row in rows if (title := snapshot.indexed_title(row)) is not None]


def _check_state(writer: Writer, generation: Generation, state: State) -> None:
    if writer.state_of(generation.id) != state:
        raise LibraryBusy("another program has rebuilt the index meanwhile: see whether anything is left to do")


def _check_return(kept: Generation, encoder: Encoder) -> None:
    if kept.fingerprint == fingerprint(encoder):
        return
    if kept.encoder == encoder.name:
        raise IndexMismatch(
            f"generation {kept.id} was built with another state of {kept.encoder}, or another chunker, than there is "
            "now: only that could answer from it, and the present one stays"
        )
    raise IndexMismatch(
        f"generation {kept.id} was built with {kept.encoder}; the encoder is now {encoder.name}: set `embedding` to "
        f"{kept.encoder}, then run `articleqa rebuild --rollback`"
    )
