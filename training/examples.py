"""Training rows: a question, one window of a passage as the product's chunker makes it, and where the answer stands."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from articleqa import chunking
from articleqa.bundled import bundled_folder

QUESTION_TOKENS = 48
# Of each set this share is used. SQuAD's paragraphs without the answer would outweigh those with it; contracts ask the
# same forty questions again and again; QAMR's are single sentences.
SHARES = {
    "squad1-train": 1.0,
    "squad1-train-neg": 0.6,
    "squad1-train-swap": 1.0,
    "squadshifts-wiki": 1.0,
    "qamr": 0.4,
    "qed-nq": 1.0,
    "afriqa-en": 1.0,
    "fairytaleqa": 1.0,
    "contrast-sets": 1.0,
    "covid-qa": 1.0,
    "cuad": 0.15,
    "integreat-en": 1.0,
    "dolly-extractive": 1.0,
    "tatqa": 1.0,
}
MINED = "mined"
# A set's number in `Rows.sources`.
NUMBERS = {name: number for number, name in enumerate((*SHARES, MINED))}
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind of window, flat: row ``i`` is ``ids[places[i]:places[i + 1]]``.

    Attributes:
        ids: word pieces of ``[CLS] question [SEP] title, window [SEP]``, shape ``(tokens,)``.
        places: where each row begins, shape ``(rows + 1,)``.
        questions: word pieces before the window's part of a row, ``[CLS]`` and ``[SEP]`` counted, shape ``(rows,)``.
        spans: first and last word piece of the answers, up to three, counted in the row; -1 where there is none, shape
            ``(rows, 3, 2)``.
        answerable: 1, 0, shape ``(rows,)``.
        relevant: whether the window is about what is asked: 1, 0, or -1 where nobody knows, shape ``(rows,)``.
        sources: the number of the set in ``NUMBERS``, shape ``(rows,)``.
    """

    ids: NDArray[np.uint16]
    places: NDArray[np.int64]
    questions: NDArray[np.int64]
    spans: NDArray[np.int64]
    answerable: NDArray[np.int64]
    relevant: NDArray[np.int64]
    sources: NDArray[np.int64]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.questions)

    def save(self, path: Path) -> None:
        """Write one ``.npz`` file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})

    def and_also(self, others: Rows) -> Rows:
        """These rows, and ``others`` after them."""
        joined = {
            name: np.concatenate([getattr(self, name), getattr(others, name)])
            for name in self.__slots__
            if name != "places"
        }
        return Rows(**joined, places=np.concatenate([self.places, others.places[1:] + self.places[-1]]))

    def without(self, numbers: Iterable[int]) -> Rows:
        """The rows of the other sets than these."""
        kept = ~np.isin(self.sources, list(numbers))
        lengths = np.diff(self.places)
        chosen = {name: getattr(self, name)[kept] for name in self.__slots__ if name not in {"ids", "places"}}
        return Rows(
            **chosen, ids=self.ids[np.repeat(kept, lengths)], places=np.cumsum([0, *lengths[kept]], dtype=np.int64)
        )

    @classmethod
    def load(cls, path: Path) -> Rows:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in cls.__slots__})


class Windows:
    """Cuts and encodes as the product does."""

    def __init__(self, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self.tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def count(self, text: str) -> int:
        """Word pieces of a text."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def cut(self, text: str, title: str) -> list[tuple[int, int]]:
        """The passages of a text."""
        return [
            (span.start, span.end)
            for span in chunking.passages(text, title=title, count_tokens=self.count, max_tokens=self.max_tokens)
        ]

    def row(
        self, question: str, title: str, window: str, answers: list[tuple[int, int]]
    ) -> tuple[list[int], int, list[tuple[int, int]]]:
        """Word pieces, how many stand before the window's part, and the answers' first and last word pieces.

        ``answers`` are spans of ``window`` in characters.
        """
        encode = self.tokenizer.encode
        asked = encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
        head = chunking.cut_title(title, count_tokens=self.count)
        text = f"{head}\n{window}" if head else window
        shift = len(text) - len(window)
        encoded = encode(text, add_special_tokens=False)
        before = len(asked) + 2
        spans = []
        for start, end in answers:
            inside = [
                number
                for number, (first, last) in enumerate(encoded.offsets)
                if first < end + shift and last > start + shift
            ]
            if inside:
                spans.append((before + inside[0], before + inside[-1]))
        return [101, *asked, 102, *encoded.ids, 102], before, spans


def prepare(folder: Path, *, max_tokens: int) -> Rows:
    """The rows of every set in ``folder`` (``NAME.jsonl.gz``), cut into windows of ``max_tokens`` with the title."""
    paths = [(NUMBERS[name], folder / f"{name}.jsonl.gz", share) for name, share in SHARES.items()]
    if missing := [path.name for _, path, _ in paths if not path.exists()]:
        print(f"done without {', '.join(missing)}", flush=True)
    return _collected((each for each in paths if each[1].exists()), max_tokens)


def prepare_mined(path: Path, *, max_tokens: int) -> Rows:
    """The rows of what mining.py found."""
    return _collected([(NUMBERS[MINED], path, 1.0)], max_tokens)


def _collected(paths: Iterable[tuple[int, Path, float]], max_tokens: int) -> Rows:
    windows = Windows(max_tokens)
    collected: list[tuple[list[int], int, list[tuple[int, int]], int, int, int]] = []
    for number, path, share in paths:
        for entry in _entries(path, share):
            collected.extend((*row, number) for row in _rows(windows, entry))
    spans = np.full((len(collected), 3, 2), UNKNOWN, dtype=np.int64)
    for number, (_, _, answers, *_) in enumerate(collected):
        for place, span in enumerate(answers[:3]):
            spans[number, place] = span
    return Rows(
        ids=np.array([piece for row in collected for piece in row[0]], dtype=np.uint16),
        places=np.cumsum([0, *(len(row[0]) for row in collected)], dtype=np.int64),
        questions=np.array([row[1] for row in collected], dtype=np.int64),
        spans=spans,
        answerable=np.array([row[3] for row in collected], dtype=np.int64),
        relevant=np.array([row[4] for row in collected], dtype=np.int64),
        sources=np.array([row[5] for row in collected], dtype=np.int64),
    )


def draw(key: str) -> float:
    """A number in [0, 1) that depends on ``key`` alone, so that every machine chooses the same rows."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big") / 2**48


def _entries(path: Path, share: float) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if draw(entry["id"]) < share:
                yield entry


def _rows(windows: Windows, entry: dict[str, Any]) -> Iterator[tuple[list[int], int, list[tuple[int, int]], int, int]]:
    """The window with the answer, and of a long passage one without it; any one window of an unanswerable question."""
    passage, title, question = entry["passage"], entry.get("title", ""), entry["question"]
    answers = [(answer["start"], answer["start"] + len(answer["text"])) for answer in entry["answers"]]
    answers = list(dict.fromkeys(answers))
    cut = windows.cut(passage, title)
    holding = [span for span in cut if any(span[0] <= start and end <= span[1] for start, end in answers)]
    others = [span for span in cut if all(end <= span[0] or start >= span[1] for start, end in answers)]
    if entry["answerable"] and holding:
        start, end = holding[int(draw(entry["id"] + "holding") * len(holding))]
        inside = [(first - start, last - start) for first, last in answers if start <= first and last <= end]
        pieces, before, spans = windows.row(question, title, passage[start:end], inside)
        if spans:
            yield pieces, before, spans, 1, 1
        # A window of the same passage that does not hold the answer may still be about the question.
        if others and draw(entry["id"] + "beside") < 0.3:
            start, end = others[int(draw(entry["id"] + "other") * len(others))]
            pieces, before, _ = windows.row(question, title, passage[start:end], [])
            yield pieces, before, [], 0, UNKNOWN
    elif not entry["answerable"] and cut:
        start, end = cut[int(draw(entry["id"] + "window") * len(cut))]
        pieces, before, _ = windows.row(question, title, passage[start:end], [])
        # A swapped word leaves the paragraph relevant; the most similar other paragraph is what retrieval gets wrong.
        relevant = {"squad1-train-swap": 1, "squad1-train-neg": 0, "mined": 0}.get(entry["source"], UNKNOWN)
        yield pieces, before, [], 0, relevant
