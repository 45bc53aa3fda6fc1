"""How an assistant is, and how quick."""

from __future__ import annotations

from articleqa.assistant.bench import Bench, measure
from articleqa.assistant.health import Check, examine
from articleqa.assistant.models import Models
from articleqa.assistant.trying import A_QUESTION, try_reader
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
        return examine(self.settings, self._library, self._vectors, self._models)

    def warm_up(self) -> None:
        """Open the encoder, the index and the reader now, so that the first question need not wait for them.

        Raises:
            ArticleQAError: if one of them cannot be opened; a question would raise the same.
        """
        self._models.encoder().encode_query(A_QUESTION)  # of an empty library, a search asks for none
        self._retriever.search(A_QUESTION, limit=1)
        try_reader(self._models.reader())

    def bench(self) -> Bench:
        """What this machine does with these articles and models, and the settings that it suggests.

        It takes some 20 seconds, and changes nothing. What cannot be measured says why.
        """
        return measure(self.settings, self._library, self._retriever, self._models)
