"""What a reader brings, on the same questions in one run: quotes alone, and with each reader that is named.

    python benchmarks/reading.py SET [--reader NAME_OR_FOLDER]... [--questions N] [--seed S] [--index FOLDER]
        [--heads] [--json FILE]

SET is a folder with ``articles.jsonl`` and ``questions.jsonl``. Questions that the articles answer are asked, and as
many that they do not. The readers take turns at every question, so that a slow minute of the machine is everybody's.
With ``--heads``, each is believed by one of its two judgements alone, too: how likely its span is, or whether the
passage answers at all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from measuring import memory
from sampling import mean, some

from articleqa import Assistant, Settings
from articleqa.embedding import open_encoder
from articleqa.evaluation import Question, load_questions
from articleqa.evaluation.judging import holds, judged, token_f1
from articleqa.grounding.close_reading import WINDOWS
from articleqa.grounding.confidence import log_odds, probability
from articleqa.reader import open_reader
from articleqa.types import Answer, Outcome, Passage, Reader, Reading

NONE = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One question and what came of it."""

    question: Question
    answer: Answer


class Changed:
    """A reader whose readings are changed before anybody sees them."""

    def __init__(self, reader: Reader | None, change: Callable[[Reading], Reading]) -> None:
        assert reader is not None
        self._reader, self._change = reader, change

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """What the reader reads, changed."""
        return [self._change(each) for each in self._reader.read(question, passages)]


# What is left says what both would say, so that what it is weighed with fits it.


def _by_the_span(reading: Reading) -> Reading:
    return replace(reading, no_answer=1 - probability(reading.score))


def _by_the_passage(reading: Reading) -> Reading:
    return replace(reading, score=log_odds(1 - reading.no_answer))


HEADS = {"by its span's odds alone": _by_the_span, "by its answering head alone": _by_the_passage}


def main() -> None:
    """Ask, count, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reader", action="append", default=[])
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--index", type=Path, help="kept, and used where it is there")
    parser.add_argument("--heads", action="store_true", help="believe one judgement alone, too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    questions = load_questions(options.folder)
    asked = some(questions, answerable=options.questions, others=options.questions, seed=options.seed)
    readers = {name: open_reader(name) for name in (NONE, *options.reader)}
    if options.heads:
        for name in options.reader:
            readers |= {f"{name}, {how}": Changed(readers[name], change) for how, change in HEADS.items()}
    rows: dict[str, list[Row]] = {name: [] for name in readers}
    order = {name: place for place, name in enumerate(rows)}
    with tempfile.TemporaryDirectory() as made, ExitStack() as opened:
        folder = options.index or Path(made)
        encoder = open_encoder()
        assistants: dict[str, Assistant] = {}
        held: dict[str, int] = {}
        for name, reader in readers.items():
            if reader is not None and name in options.reader:
                held[name] = added(reader, assistants[NONE], asked[0].question)
            settings = Settings(index=folder, llm=NONE, reader=name.partition(", ")[0])
            assistants[name] = opened.enter_context(Assistant.open(settings, encoder=encoder, reader=reader))
            if not assistants[NONE].articles():
                assistants[NONE].add(options.folder / "articles.jsonl")
            assistants[name].warm_up()
            assistants[name].ask(asked[0].question)
        for number, question in enumerate(asked):
            for name in sorted(rows, key=lambda name: (order[name] + number) % len(rows)):
                rows[name].append(Row(question, assistants[name].ask(question.question)))
    result = {Path(name).name: figures(each) for name, each in rows.items()}
    for name, most in held.items():
        result[Path(name).name]["memory added, MB"] = most
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def added(reader: Reader, assistant: Assistant, question: str) -> int:
    """Megabytes that a reader adds, of its own and of files, to a process that has answered a question without it."""
    passages = assistant.search(question, limit=WINDOWS)
    before = _held()
    reader.read(question, passages)
    return round(_held() - before)


def _held() -> float:
    return sum(memory()[kind] for kind in ("own MB", "of files MB"))


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Shares over the questions that can be answered, and of the refusals; milliseconds."""
    known = [row for row in rows if row.question.answerable]
    others = [row for row in rows if not row.question.answerable]
    results = [judged(row.question, row.answer, row.answer.passages, exact=0) for row in known]
    said = [(row, row.answer.short) for row in known if row.answer.short is not None]
    totals = np.array([row.answer.timings["total"] for row in rows]) * 1000
    firsts = np.array([row.answer.timings["first_quote"] for row in rows if "first_quote" in row.answer.timings]) * 1000
    return {
        "questions": len(known),
        "hit@1": mean(result.hit is not None and result.hit <= 1 for result in results),
        "hit@5": mean(result.hit is not None and result.hit <= 5 for result in results),
        "first quote holds it": mean(_quoted(row, 1) for row in known),
        "one of three quotes holds it": mean(_quoted(row, 3) for row in known),
        "quotes": round(float(np.mean([len(row.answer.citations) for row in known if row.answer.answered])), 2),
        "refused": mean(row.answer.outcome is Outcome.NOT_FOUND for row in known),
        "short": round(len(said) / len(known), 3),
        "short, F1 of those given": mean(_f1(row, short) for row, short in said),
        "short, exact of those given": mean(
            max(token_f1(short, gold) == 1 for gold in row.question.answers) for row, short in said
        ),
        "several spans": mean(len(row.answer.spans) > 1 for row in known),
        "short, F1 of all": round(sum(_f1(row, short) for row, short in said) / len(known), 3),
        "unanswerable": len(others),
        "unanswerable, refused": mean(row.answer.outcome is Outcome.NOT_FOUND for row in others),
        "milliseconds, p50": round(float(np.percentile(totals, 50)), 1),
        "milliseconds, p95": round(float(np.percentile(totals, 95)), 1),
        "milliseconds to the first quote, p50": round(float(np.percentile(firsts, 50)), 1),
    }


def _quoted(row: Row, first: int) -> bool:
    return holds(" ".join(each.quote for each in row.answer.citations[:first]), row.question.answers)


def _f1(row: Row, short: str) -> float:
    return max(token_f1(short, gold) for gold in row.question.answers)


if __name__ == "__main__":
    main()
