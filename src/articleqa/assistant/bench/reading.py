"""How quickly the reader reads what a question finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

from articleqa import chunking
from articleqa.assistant.bench.values import Figure
from articleqa.assistant.trying import A_QUESTION, NO_READER, try_reader
from articleqa.grounding.close_reading import WINDOW_LENGTH, WINDOWS
from articleqa.types import ArticleQAError, Passage, Reader

_SECONDS = 2.0


def measure_reader(open_reader: Callable[[], Reader | None], texts: Sequence[str]) -> list[Figure]:
    """Milliseconds to read the stretches of ``texts`` that an answer has read, the median."""
    try:
        reader = open_reader()
        if reader is None:
            return [Figure("reader", None, "ms", NO_READER)]
        stretches = [_stretch(text) for text in texts]
        try_reader(reader)
        times: list[float] = []
        while sum(times) < _SECONDS:
            place = len(times) * WINDOWS
            some = [stretches[(place + number) % len(stretches)] for number in range(WINDOWS)]
            started = time.perf_counter()
            reader.read(A_QUESTION, some)
            times.append(time.perf_counter() - started)
    except ArticleQAError as error:
        return [Figure("reader", None, "ms", str(error))]
    told = f"to read {WINDOWS} stretches of up to {WINDOW_LENGTH} characters, which every answer waits for"
    return [Figure("reader", 1000 * median(times), "ms", told)]


def _stretch(text: str) -> Passage:
    end = 0
    for sentence in chunking.sentences(text):
        if end and sentence.end > WINDOW_LENGTH:
            break
        end = sentence.end
    return Passage(0, "", 1, "A title", None, None, 0, end, text[:end], 1.0)
