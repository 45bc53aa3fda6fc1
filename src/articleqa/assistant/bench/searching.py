"""How quickly the library as it is is searched."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from articleqa.assistant.bench.values import Figure
from articleqa.retrieval import Retriever
from articleqa.types import ArticleQAError

_SECONDS = 3.0
# As long as a question is.
_WORDS = 9
_LIMIT = 10


def measure_search(retriever: Retriever, texts: Sequence[str], searched: int) -> list[Figure]:
    """Milliseconds of a search for words of ``texts``, which are passages of the library, median and 95 of 100."""
    if not searched:
        return [Figure("search", None, "ms", "there are no articles yet")]
    times: list[float] = []
    try:
        retriever.search("Is anybody there?", limit=_LIMIT)  # the first one opens the index
        until = time.perf_counter() + _SECONDS
        for text in texts:
            words = text.split()
            # Not always those that a passage begins with, which repeat its title.
            query = " ".join(words[len(words) // 2 :][:_WORDS] or words)
            started = time.perf_counter()
            retriever.search(query, limit=_LIMIT)
            times.append(1000 * (time.perf_counter() - started))
            if time.perf_counter() > until:
                break
    except ArticleQAError as error:
        return [Figure("search", None, "ms", str(error))]
    times.sort()
    told = f"{len(times)} searches for {_LIMIT} among {searched:,} passages, with the encoding of the question"
    return [
        Figure("search p50", _percentile(times, 0.50), "ms", told),
        Figure("search p95", _percentile(times, 0.95), "ms", told),
    ]


def _percentile(ascending: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them does not exceed."""
    return ascending[math.ceil(share * len(ascending)) - 1]
