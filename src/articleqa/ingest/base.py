"""What all work on a library needs."""

from __future__ import annotations

from collections.abc import Callable

from articleqa import loading
from articleqa.ingest.encoding import fingerprint
from articleqa.library import Generation, Library, State, Writer
from articleqa.types import Encoder
from articleqa.vectors import Vectors


class Base:
    """One library, and what fills it."""

    def __init__(
        self, library: Library, vectors: Vectors, encoder: Callable[[], Encoder], limits: loading.Limits
    ) -> None:
        self._library = library
        self._vectors = vectors
        self._open_encoder = encoder
        self._limits = limits

    def _refresh(self) -> None:
        """Let the index in memory follow the library."""
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is not None:
                self._vectors.refresh(snapshot, generation=generation.id, dimension=generation.dimension)


def begin(writer: Writer, encoder: Encoder, state: State) -> Generation:
    """Make an empty generation for the vectors of ``encoder``."""
    return writer.begin_generation(
        fingerprint=fingerprint(encoder), encoder=encoder.name, dimension=encoder.dimension, state=state
    )
