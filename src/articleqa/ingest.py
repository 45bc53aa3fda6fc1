"""Loads, cuts, encodes and commits articles, in batches that are kept whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from articleqa import chunking, loading
from articleqa.chunking import CHUNKER_VERSION, Span
from articleqa.embedding import check_rows
from articleqa.library import (
    Generation,
    Library,
    NewPassage,
    Snapshot,
    Stored,
    Writer,
    article_id,
    check_revision,
    text_digest,
)
from articleqa.types import (
    AddReport,
    Article,
    Encoder,
    EncoderError,
    IndexMismatch,
    InvalidInput,
    LibraryBusy,
    LoadingError,
    MissingDependency,
    Progress,
    ProgressCallback,
    RebuildReport,
)
from articleqa.vectors import Vectors

logger = logging.getLogger(__name__)

Source = str | os.PathLike[str] | Article

# What is encoded and committed at once: large enough to be quick, small enough to lose little and to show progress.
BATCH_PASSAGES = 256
BATCH_ARTICLES = 256
BATCH_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class _Cut:
    """A text, cut: spans and, for each, what the encoder reads and its digest."""

    spans: list[Span]
    inputs: list[str]
    digests: list[bytes]


class Ingest:
    """The only way in which a library changes."""

    def __init__(
        self, library: Library, vectors: Vectors, encoder: Callable[[], Encoder], limits: loading.Limits
    ) -> None:
        self._library = library
        self._vectors = vectors
        self._open_encoder = encoder
        self._limits = limits

    def add(self, sources: Iterable[Source], *, progress: ProgressCallback | None = None) -> AddReport:
        """Add or update what ``sources`` hold. One bad source never stops the others.

        Raises:
            IndexMismatch: if the index was built with another encoder or chunker.
            LibraryBusy: if another program keeps writing.
        """
        sources = list(sources)
        report = AddReport()
        meter = _Meter(progress, total=_total(sources))
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
            stale = writer.stale_texts()
        # Nothing of it is left, neither in the file nor in its log.
        self._library.checkpoint()
        self._mend_titles(stale)
        self._refresh()

    def rebuild(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """Build a new generation beside the one that answers, then let it answer.

        Texts are cut again; what the same encoder has read before is not encoded again. Revisions that are no longer
        current are dropped.
        """
        started = time.perf_counter()
        encoder = self._open_encoder()
        with self._library.writing() as writer:
            for number in writer.unfinished_generations():
                writer.drop_generation(number)
            generation = _begin(writer, encoder, active=False)
        meter = _Meter(progress)
        encoded = self._fill(generation, encoder, meter)
        with self._library.writing() as writer:
            _check_unfinished(writer, generation)
            # What came in, or got another title, while the new generation grew.
            for row, title in writer.texts_to_index(generation.id):
                cut = _cut(writer.text(row), title, encoder)
                vectors, fresh = self._encode(writer, [cut], encoder, meter)
                writer.put_passages(row, title, _passages(cut, vectors), generation.id)
                encoded += fresh
            writer.activate(generation.id)
            writer.prune_revisions()
            articles, passages = writer.article_count(), writer.passage_count(generation.id)
        self._refresh()
        self._vectors.flush()
        return RebuildReport(generation.id, articles, passages, encoded, time.perf_counter() - started)

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

    def _fill(self, generation: Generation, encoder: Encoder, meter: _Meter) -> int:
        """Cut and encode every text into ``generation``; how many passages were encoded."""
        with self._library.reading() as snapshot:
            texts = snapshot.texts_to_index(generation.id)
        meter.total = len(texts)
        encoded = 0
        for first in range(0, len(texts), 16):
            rows = texts[first : first + 16]
            with self._library.reading() as snapshot:
                cuts = [
                    (row, title, _cut(snapshot.text(row), title, encoder))
                    for row, title in rows
                    if snapshot.indexed_title(row) is not None  # it may have been removed meanwhile
                ]
                vectors, fresh = self._encode(snapshot, [cut for _, _, cut in cuts], encoder, meter)
            encoded += fresh
            with self._library.writing() as writer:
                _check_unfinished(writer, generation)
                for row, title, cut in cuts:
                    # Where the title is stale, the old generation keeps it until the new one answers.
                    if writer.indexed_title(row) == title:
                        writer.put_passages(row, title, _passages(cut, vectors), generation.id)
            meter.advance("index", len(rows))
        return encoded

    def _commit(self, articles: Sequence[Article], report: AddReport, meter: _Meter) -> int:
        """Encode what is new in ``articles`` and store them all in one transaction; how many passages were encoded."""
        if not articles:
            return 0
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
            digest: _cut(article.text, article.title, encoder) for digest, article in new.items() if encoder is not None
        }
        vectors: dict[bytes, bytes] = {}
        encoded = 0
        if encoder is not None:
            with self._library.reading() as snapshot:
                vectors, encoded = self._encode(snapshot, list(cuts.values()), encoder, meter)
        with self._library.writing() as writer:
            generation = writer.generation()
            if generation is None:
                generation = _begin(writer, encoder or self._open_encoder(), active=True)
            elif encoder is not None:
                # Another program may have begun the library, or rebuilt it, between the two transactions.
                check_fingerprint(generation, encoder)
            outcomes: list[Stored] = []
            for article in articles:
                digest = text_digest(article.text)
                cut = cuts.get(digest)
                if cut is None and not _is_indexed(writer, article, generation):
                    # Another program removed the text between the two transactions.
                    encoder = encoder or self._open_encoder()
                    check_fingerprint(generation, encoder)
                    cut = _cut(article.text, article.title, encoder)
                    more, fresh = self._encode(writer, [cut], encoder, meter)
                    vectors.update(more)
                    encoded += fresh
                outcomes.append(writer.put(article, _passages(cut, vectors) if cut else [], generation.id))
            records = [writer.record(str(article.id)) for article in articles]
            stale = writer.stale_texts()
        lists = {
            Stored.ADDED: report.added,
            Stored.UPDATED: report.updated,
            Stored.UNCHANGED: report.unchanged,
            Stored.COPY: report.copies,
        }
        for outcome, record in zip(outcomes, records, strict=True):
            lists[outcome].append(record)
        encoded += self._mend_titles(stale)
        self._refresh()
        return encoded

    def _encode(
        self, snapshot: Snapshot, cuts: Sequence[_Cut], encoder: Encoder, meter: _Meter
    ) -> tuple[dict[bytes, bytes], int]:
        """Vectors by digest of what is read, stored ones where there are some; and how many had to be encoded."""
        words = {digest: text for cut in cuts for digest, text in zip(cut.digests, cut.inputs, strict=True)}
        vectors = snapshot.vectors_by_input(words, fingerprint(encoder))
        missing = [digest for digest in words if digest not in vectors]
        for first in range(0, len(missing), BATCH_PASSAGES):
            batch = missing[first : first + BATCH_PASSAGES]
            rows = encoder.encode_documents(
                [words[digest] for digest in batch], progress=meter.encoding(len(missing), first)
            )
            check_rows(rows, len(batch), encoder)
            for digest, row in zip(batch, rows, strict=True):
                vectors[digest] = row.astype("<f4").tobytes()
        return vectors, len(missing)

    def _mend_titles(self, rows: Iterable[int]) -> int:
        """Index texts anew whose articles have all changed their title; how many passages were encoded.

        What was asked for is done already: where the encoder is missing or another, the next rebuild does this.
        """
        encoded = 0
        for row in rows:
            with self._library.reading() as snapshot:
                title, generation = snapshot.stale_title(row), snapshot.generation()
            if title is None or generation is None:
                continue
            try:
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
            cut = _cut(snapshot.text(row), title, encoder)
            vectors, encoded = self._encode(snapshot, [cut], encoder, _Meter(None))
        with self._library.writing() as writer:
            # Whatever another program did meanwhile counts more.
            if writer.generation() == generation and title in (writer.indexed_title(row), writer.stale_title(row)):
                writer.put_passages(row, title, _passages(cut, vectors), generation.id)
        return encoded

    def _refresh(self) -> None:
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is not None:
                self._vectors.refresh(snapshot, generation=generation.id, dimension=generation.dimension)


def fingerprint(encoder: Encoder) -> str:
    """What has to be the same for two vectors to be comparable."""
    parts = (encoder.name, encoder.revision, str(encoder.dimension), "unit", f"chunker-{CHUNKER_VERSION}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def check_fingerprint(generation: Generation, encoder: Encoder) -> None:
    """Make sure that ``encoder`` is the one that ``generation`` was built with.

    Raises:
        IndexMismatch: if it is another.
    """
    if generation.fingerprint != fingerprint(encoder):
        raise IndexMismatch(
            f"the index was built with {generation.encoder} or another chunker; the encoder is now {encoder.name}: "
            "run `articleqa rebuild`, or set `embedding` back"
        )


def _begin(writer: Writer, encoder: Encoder, *, active: bool) -> Generation:
    return writer.begin_generation(
        fingerprint=fingerprint(encoder), encoder=encoder.name, dimension=encoder.dimension, active=active
    )


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


def _check_unfinished(writer: Writer, generation: Generation) -> None:
    if generation.id not in writer.unfinished_generations():
        raise LibraryBusy("another rebuild has begun and goes on in place of this one: wait for it")


def _is_indexed(snapshot: Snapshot, article: Article, generation: Generation) -> bool:
    """Whether nothing has to be encoded for an article: its text is stored, sound, and cut."""
    row = snapshot.text_row(text_digest(article.text))
    return row is not None and snapshot.has_passages(row, generation.id) and snapshot.holds(row, article.text)


def _cut(text: str, title: str, encoder: Encoder) -> _Cut:
    count = encoder.count_tokens
    spans = chunking.passages(text, title=title, count_tokens=count, max_tokens=encoder.max_tokens)
    inputs = [chunking.embedding_text(title, text[start:end], count_tokens=count) for start, end in spans]
    return _Cut(spans, inputs, [hashlib.blake2b(words.encode(), digest_size=16).digest() for words in inputs])


def _passages(cut: _Cut, vectors: dict[bytes, bytes]) -> list[NewPassage]:
    return [
        NewPassage(span.start, span.end, digest, vectors[digest])
        for span, digest in zip(cut.spans, cut.digests, strict=True)
    ]


def _total(sources: Sequence[Source]) -> int | None:
    counts = [loading.count(source) for source in sources]
    return None if any(count is None for count in counts) else sum(count for count in counts if count is not None)


class _Meter:
    """Turns what has been done into :class:`Progress`."""

    def __init__(self, report: ProgressCallback | None, *, total: int | None = None) -> None:
        self._report = report
        self._started = time.perf_counter()
        self._done = 0
        self.total = total

    def advance(self, stage: str, count: int = 1, *, origin: str | None = None) -> None:
        """So many more are done. They took their time together: each is told with the rate of all."""
        before = self._done
        self._done += count
        if self._report is None:
            return
        elapsed = time.perf_counter() - self._started
        rate = self._done / elapsed if elapsed > 0 else None
        for done in range(before + 1, self._done + 1):
            left = (self.total - done) / rate if rate and self.total is not None else None
            self._report(Progress(stage, done, self.total, rate, left, origin))

    def encoding(self, total: int, before: int) -> ProgressCallback | None:
        """A callback for one call of the encoder, of which ``before`` of ``total`` texts came earlier."""
        report = self._report
        if report is None:
            return None
        if before == 0:
            # The first batch waits for the encoder to be prepared: whoever watches should know what for.
            report(Progress("encode", 0, total))

        def advance(part: Progress) -> None:
            done = before + part.done
            left = (total - done) / part.rate if part.rate else None
            report(Progress("encode", done, total, part.rate, left))

        return advance
