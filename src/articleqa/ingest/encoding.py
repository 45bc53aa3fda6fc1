"""From a text to passages with vectors: cut, and encoded only where nothing is stored for the same words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from articleqa import chunking
from articleqa.chunking import CHUNKER_VERSION, Span
from articleqa.embedding import check_rows
from articleqa.ingest.meter import Meter
from articleqa.library import Generation, NewPassage, Snapshot
from articleqa.types import Encoder, IndexMismatch

# What is encoded at once: large enough to be quick, small enough to show progress.
BATCH_PASSAGES = 256


@dataclass(frozen=True, slots=True)
class Cut:
    """A text, cut: spans and, for each, what the encoder reads and its digest."""

    spans: list[Span]
    inputs: list[str]
    digests: list[bytes]

    def passages(self, vectors: dict[bytes, bytes]) -> list[NewPassage]:
        """Its passages, with the ``vectors`` that :func:`encode` gave."""
        return [
            NewPassage(span.start, span.end, digest, vectors[digest])
            for span, digest in zip(self.spans, self.digests, strict=True)
        ]


def cut(text: str, title: str, encoder: Encoder) -> Cut:
    """A text cut into passages that ``encoder`` can read whole, each with ``title`` in front."""
    count = encoder.count_tokens
    spans = chunking.passages(text, title=title, count_tokens=count, max_tokens=encoder.max_tokens)
    inputs = [chunking.embedding_text(title, text[start:end], count_tokens=count) for start, end in spans]
    return Cut(spans, inputs, [hashlib.blake2b(words.encode(), digest_size=16).digest() for words in inputs])


def encode(snapshot: Snapshot, cuts: Sequence[Cut], encoder: Encoder, meter: Meter) -> tuple[dict[bytes, bytes], int]:
    """Vectors by digest of what is read, stored ones where there are some; and how many had to be encoded."""
    words = {digest: text for each in cuts for digest, text in zip(each.digests, each.inputs, strict=True)}
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
