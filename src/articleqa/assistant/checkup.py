"""How an assistant is, and how quick."""

from __future__ import annotations

from articleqa.assistant.bench import Bench, measure
from articleqa.assistant.health import Check, examine
from articleqa.assistant.models import Models
from articleqa.library import Library
from articleqa.retrieval import Retriever
from articleqa.settings import Settings
from articleqa.vectors import Vectors


class Checkup:
    """The part of the assistant that a person needs when something seems wrong, or slow."""

    settings: Settings
    _library: Library
    _models: Models
    _vectors: Vectors
    _retriever: Retriever

    def health(self) -> list[Check]:
        """What state everything is in, and what to do about what is wrong."""
        return examine(self.settings, self._library, self._vectors, self._models.encoder, self._models.language_model)

    def bench(self) -> Bench:
        """What this machine does with these articles and models, and the settings that it suggests.

        It takes some 20 seconds, and changes nothing. What cannot be measured says why.
        """
        return measure(self.settings, self._library, self._retriever, self._models)
