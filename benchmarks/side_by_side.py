"""What people read first, on the same questions in one run: a quote, the reader's words, or a language model's.

    python benchmarks/side_by_side.py SET --llm gguf:MODEL.gguf [--questions N] [--without N] [--seed S]
        [--index FOLDER] [--said FILE] [--json FILE]

SET is a folder with ``articles.jsonl`` and ``questions.jsonl``; of its questions some are answered by the articles, and
of the others only a detail is missing. Four ways take turns at every question:

- quotes: the first quote, without a reader;
- reader: the words that lead the answer, or the first quote where none do;
- language model: what it writes over the evidence that Article QA gives it, as it comes;
- language model, checked: the same words after each sentence was held against the evidence, and against the reader's
  span; what the reader's way says where nothing of it held.

A way is right where it says one of the known answers, or words of which at least half are one (F1). It has invented
where it is not right and says a number or a name that stands neither in the passages that were found nor in the
question, not even as a part of another. Everything else that it answers is wrong; of what a model wrote it is counted
how often the checked answer itself says that it is doubtful. With ``--said``, all that was said is kept, a line of JSON
for each question.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from sampling import some

from articleqa import Assistant, Settings
from articleqa.embedding import open_encoder
from articleqa.evaluation import Question, load_questions
from articleqa.evaluation.judging import holds, token_f1
from articleqa.grounding import is_abstention
from articleqa.types import Answer, Support, Token

QUOTES, READER, MODEL, CHECKED = "quotes", "reader", "language model", "language model, checked"
_CITED = re.compile(r"\s*\[\d+\]")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_NAME = re.compile(r"(?<![.!?:\"“]\s)(?<!^)\b[A-Z][\w’'-]+")


@dataclass(frozen=True, slots=True)
class Said:
    """What one way made of a question: what is read first, None where it refused; and what it says of itself."""

    text: str | None
    doubted: bool
    known: tuple[str, ...]
    seconds: float


def main() -> None:
    """Ask, count, and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--llm", required=True)
    parser.add_argument("--questions", type=int, default=200, help="that the articles answer")
    parser.add_argument("--without", type=int, default=100, help="of which a detail is missing")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--index", type=Path, help="kept, and used where it is there")
    parser.add_argument("--said", type=Path, help="keep what each way said")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    questions = load_questions(options.folder)
    asked = some(questions, answerable=options.questions, others=options.without, seed=options.seed)
    rows: dict[str, list[tuple[Question, Said]]] = {name: [] for name in (QUOTES, READER, MODEL, CHECKED)}
    with tempfile.TemporaryDirectory() as made, ExitStack() as opened:
        encoder = open_encoder()
        assistants = {}
        for name, reader, llm in (
            (QUOTES, "none", "none"),
            (READER, "builtin", "none"),
            (MODEL, "builtin", options.llm),
        ):
            settings = Settings(index=options.index or Path(made), reader=reader, llm=llm, answer_cache=0)
            assistants[name] = opened.enter_context(Assistant.open(settings, encoder=encoder))
            if not assistants[QUOTES].articles():
                assistants[QUOTES].add(options.folder / "articles.jsonl")
            assistants[name].warm_up()
            assistants[name].ask(asked[0].question)
        for number, question in enumerate(asked, start=1):
            for name in (QUOTES, READER):
                rows[name].append((question, led(assistants[name].ask(question.question))))
            written, checked = composed(assistants[MODEL], question.question)
            rows[MODEL].append((question, written))
            rows[CHECKED].append((question, checked))
            if options.said:
                with options.said.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(_line(question, {name: said[-1][1] for name, said in rows.items()})) + "\n")
            if number % 20 == 0:
                print(number, json.dumps({name: figures(each) for name, each in rows.items()}), flush=True)
    result = {
        "model": options.llm.rpartition("/")[2],
        "questions": len(asked),
        "ways": {name: figures(each) for name, each in rows.items()},
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def led(answer: Answer) -> Said:
    """What leads an answer in the articles' own words."""
    text = (answer.short or answer.citations[0].quote) if answer.answered else None
    return Said(text, False, _known(answer), answer.timings["total"])


def composed(assistant: Assistant, question: str) -> tuple[Said, Said]:
    """What a language model wrote, as it came and checked; it is not asked where the evidence is too weak."""
    events = list(assistant.stream(question))
    answer = events[-1]
    assert isinstance(answer, Answer)
    raw = "".join(event.text for event in events if isinstance(event, Token))
    quoted = led(answer)
    if not raw:
        return quoted, quoted
    written = replace(quoted, text=None if is_abstention(raw) else _CITED.sub("", raw))
    held = [sentence for sentence in answer.sentences if sentence.support is not Support.UNSUPPORTED]
    if not answer.answered or not any(sentence.text in raw for sentence in held):
        return written, quoted
    doubted = bool(answer.notes) or any(sentence.support is not Support.SUPPORTED for sentence in answer.sentences)
    return written, replace(quoted, text=" ".join(_CITED.sub("", sentence.text) for sentence in held), doubted=doubted)


def figures(rows: Sequence[tuple[Question, Said]]) -> dict[str, Any]:
    """How many of the questions, by what became of them, apart for those that can be answered; median seconds."""
    counts = {True: Counter[str](), False: Counter[str]()}
    for question, said in rows:
        kind = _outcome(question, said)
        counts[question.answerable][kind] += 1
        if kind in ("wrong", "invented") and said.doubted:
            counts[question.answerable][f"{kind}, and says that it is doubtful"] += 1
    return {
        "answerable": dict(counts[True]),
        "a detail is missing": dict(counts[False]),
        "seconds, p50": round(median(said.seconds for _, said in rows), 3),
    }


def _outcome(question: Question, said: Said) -> str:
    if said.text is None:
        return "refused"
    if question.answerable and (
        holds(said.text, question.answers) or max(token_f1(said.text, gold) for gold in question.answers) >= 0.5
    ):
        return "right"
    known = " ".join((*said.known, question.question))
    stated = [*_NUMBER.findall(said.text), *_NAME.findall(said.text)]
    return "invented" if any(word.casefold() not in known.casefold() for word in stated) else "wrong"


def _line(question: Question, said: Mapping[str, Said]) -> dict[str, Any]:
    """What was said to a question, what became of it, and the passages that were found."""
    return {
        "question": question.question,
        "answers": question.answers,
        "passages": said[MODEL].known,
        "said": {name: each.text for name, each in said.items()},
        "outcomes": {name: _outcome(question, each) for name, each in said.items()},
        "doubted": said[CHECKED].doubted,
    }


def _known(answer: Answer) -> tuple[str, ...]:
    return tuple(f"{passage.title} {passage.text}" for passage in answer.passages)


if __name__ == "__main__":
    main()
