"""Loads, cuts, encodes and commits articles, in batches that are kept whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from articleqa import loading
from articleqa.checkpoints import reached
from articleqa.ingest.base import Base, begin
from articleqa.ingest.encoding import check_fingerprint, cut, encode
from articleqa.ingest.meter import Meter
from articleqa.library import Generation, Snapshot, State, Stored, article_id, check_revision, text_digest
from articleqa.types import (
    AddReport,
    Article,
    EncoderError,
    IndexMismatch,
    InvalidInput,
    LoadingError,
    MissingDependency,
    ProgressCallback,
)

logger = logging.getLogger(__name__)

Source = str | os.PathLike[str] | Article

# What is committed at once: large enough to be quick, small enough to lose little.
BATCH_ARTICLES = 256
BATCH_CHARACTERS = 4_000_000


class Adding(Base):
    """Articles come and go."""

    def add(self, sources: Iterable[Source], *, progress: ProgressCallback | None = None) -> AddReport:
        """Add or update what ``sources`` hold. One bad source never stops the others.

        Raises:
            IndexMismatch: if the index was built with another encoder or chunker.
            LibraryBusy: if another program keeps writing.
        """
        sources = list(sources)
        report = AddReport()
        meter = Meter(progress, total=_total(sources))
        batch: dict[str, Article] = {}
        characters = 0
        encoded = 0
        for source in sources:
            for item in loading.load(source, limits=self._limits):
                meter.advance("load", origin=_origin(item))
                if isinstance(item, LoadingError):
                    report.failed.append((item.origin, item.reason))
                    continue
                try:
                    article = _identified(item)
                except InvalidInput as error:
                    report.failed.append((item.origin or item.title, str(error)))
                    continue
                if str(article.id) in batch:
                    # The same article twice in one call: in the order given, the later one counts.
                    encoded += self._commit(list(batch.values()), report, meter)
                    batch, characters = {}, 0
                batch[str(article.id)] = article
                characters += len(article.text)
                if len(batch) >= BATCH_ARTICLES or characters >= BATCH_CHARACTERS:
                    encoded += self._commit(list(batch.values()), report, meter)
                    batch, characters = {}, 0
        encoded += self._commit(list(batch.values()), report, meter)
        return replace(report, passages_encoded=encoded)

    def remove(self, *articles: str) -> None:
        """Remove articles, every revision of them; all of them or, where one is not there, none.

        Raises:
            ArticleNotFound: if one of them is not there.
        """
        with self._library.writing() as writer:
            for article in articles:
                writer.remove(article)
        reached("ingest.removal.committed")
        # Nothing of it is left, neither in the file nor in its log.
        self._library.checkpoint()
        reached("ingest.removal.checkpointed")
        self._mend_titles()
        self._refresh()

    def mend_vectors(self) -> int:
        """Encode again every passage whose stored vector is damaged; how many there were."""
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            damaged = snapshot.damaged_vectors(generation.id) if generation else []
            rows = sorted({passage.text_id for passage in snapshot.passages(damaged).values()})
        for row in rows:
            with self._library.reading() as snapshot:
                generation, title = snapshot.generation(), snapshot.indexed_title(row)
            if generation is not None and title is not None:
                self._index_again(row, title, generation)
        self._refresh()
        return len(damaged)

    def _commit(self, articles: Sequence[Article], report: AddReport, meter: Meter) -> int:
        """Encode what is new in ``articles`` and store them all in one transaction; how many passages were encoded."""
        if not articles:
            return self._mend_titles()
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            new: dict[bytes, Article] = {}
            for article in articles:
                if generation is None or not _is_indexed(snapshot, article, generation):
                    # Of copies, the first is the one whose title stands in front of the passages.
                    new.setdefault(text_digest(article.text), article)
        # The encoder, which may take seconds to load, is opened only when there is something to encode.
        encoder = self._open_encoder() if new or generation is None else None
        if encoder is not None and generation is not None:
            check_fingerprint(generation, encoder)
        cuts = {
            digest: cut(article.text, article.title, encoder) for digest, article in new.items() if encoder is not None
        }
        vectors: dict[bytes, bytes] = {}
        encoded = 0
        if encoder is not None:
            with self._library.reading() as snapshot:
                vectors, encoded = encode(snapshot, list(cuts.values()), encoder, meter)
        reached("ingest.batch.encoded")
        with self._library.writing() as writer:
            generation = writer.generation()
            if generation is None:
                generation = begin(writer, encoder or self._open_encoder(), State.ANSWERING)
            elif encoder is not None:
                # Another program may have begun the library, or rebuilt it, between the two transactions.
                check_fingerprint(generation, encoder)
            outcomes: list[Stored] = []
            for article in articles:
                digest = text_digest(article.text)
                if digest not in cuts and not _is_indexed(writer, article, generation):
                    # Another program removed the text between the two transactions.
                    encoder = encoder or self._open_encoder()
                    check_fingerprint(generation, encoder)
                    cuts[digest] = cut(article.text, article.title, encoder)
                    more, fresh = encode(writer, [cuts[digest]], encoder, meter)
                    vectors.update(more)
                    encoded += fresh
                passages = cuts[digest].passages(vectors) if digest in cuts else []
                outcomes.append(writer.put(article, passages, generation.id))
            records = [writer.record(str(article.id)) for article in articles]
        reached("ingest.batch.committed")
        lists = {
            Stored.ADDED: report.added,
            Stored.UPDATED: report.updated,
            Stored.UNCHANGED: report.unchanged,
            Stored.COPY: report.copies,
        }
        for outcome, record in zip(outcomes, records, strict=True):
            lists[outcome].append(record)
        encoded += self._mend_titles()
        self._refresh()
        return encoded

    def _mend_titles(self) -> int:
        """Index texts anew whose articles have all changed their title; how many passages were encoded.

        They may have been left by a program that was killed. What was asked for is done already: where the encoder is
        missing or another, whoever writes next does this, or the next rebuild.
        """
        encoded = 0
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            titles = {row: snapshot.stale_title(row) for row in snapshot.stale_titles()}
        settled = [row for row, title in titles.items() if title is None]
        if settled:
            with self._library.writing() as writer:
                writer.settle(*settled)
        try:
            for row, title in titles.items():
                if title is not None and generation is not None:
                    encoded += self._index_again(row, title, generation)
        except (EncoderError, MissingDependency, IndexMismatch) as error:
            logger.warning("a changed title is not searched for until the next rebuild: %s", error)
        return encoded

    def _index_again(self, row: int, title: str, generation: Generation) -> int:
        """Cut a text anew, encode what has no sound vector, and index it under ``title``; how many that were."""
        encoder = self._open_encoder()
        check_fingerprint(generation, encoder)
        with self._library.reading() as snapshot:
            if snapshot.indexed_title(row) is None:
                return 0
            again = cut(snapshot.text(row), title, encoder)
            vectors, encoded = encode(snapshot, [again], encoder, Meter(None))
        reached("ingest.title.encoded")
        with self._library.writing() as writer:
            # Whatever another program did meanwhile counts more.
            if writer.generation() == generation and title in (writer.indexed_title(row), writer.stale_title(row)):
                writer.put_passages(row, title, again.passages(vectors), generation.id)
        reached("ingest.title.mended")
        return encoded


def _origin(item: Article | LoadingError) -> str:
    """What to call a source that was just read."""
    return item.origin if isinstance(item, LoadingError) else item.origin or item.id or item.title


def _identified(article: Article) -> Article:
    """``article`` with an id and an origin. One that came with neither is known by its title and text."""
    check_revision(article)
    if article.id is not None:
        if not article.id.strip() or len(article.id) > 500:
            raise InvalidInput(f"an article's id has 1 to 500 characters, not {len(article.id)}")
        return article if article.origin else replace(article, origin=f"article:{article.id}")
    origin = article.origin or "text:" + hashlib.sha256(f"{article.title}\n{article.text}".encode()).hexdigest()[:32]
    return replace(article, id=article_id(origin), origin=origin)


def _is_indexed(snapshot: Snapshot, article: Article, generation: Generation) -> bool:
    """Whether nothing has to be encoded for an article: its text is stored, sound, and cut."""
    row = snapshot.text_row(text_digest(article.text))
    return row is not None and snapshot.has_passages(row, generation.id) and snapshot.holds(row, article.text)


def _total(sources: Sequence[Source]) -> int | None:
    counts = [loading.count(source) for source in sources]
    return None if any(count is None for count in counts) else sum(count for count in counts if count is not None)
