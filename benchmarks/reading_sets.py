"""What a reader brings on sets whose questions few words answer seldom: claims, long answers, conversations.

    python benchmarks/reading_sets.py SET... [--questions N] [--reader NAME_OR_FOLDER] [--index FOLDER] [--json FILE]

A SET is a folder with ``articles.jsonl`` and ``questions.jsonl``. The first N of its questions are asked without a
reader and with it, in turns, each as it was asked: with what was said before it, on its day. What retrieval found is
judged in the order in which the answer leaves it, since it is that order which a reader changes; where people answered
at length, the quotes are held against what they wrote, apart from the words that lead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from sampling import mean

from articleqa import Assistant, Settings
from articleqa.embedding import open_encoder
from articleqa.evaluation import load_questions
from articleqa.evaluation.judging import judged, token_f1
from articleqa.evaluation.measures import figures
from articleqa.evaluation.results import Result
from articleqa.types import Citation

NONE = "none"
SECTIONS = ("retrieval", "answers", "refusals", "citations")


def main() -> None:
    """Ask every set, and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=600, help="of each set")
    parser.add_argument("--reader", default="builtin")
    parser.add_argument("--index", type=Path, help="a folder of indexes, kept, and used where they are there")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = {}
    with tempfile.TemporaryDirectory() as made:
        for folder in options.folders:
            index = (options.index or Path(made)) / folder.name
            result[folder.name] = asked(folder, index, options.reader, options.questions)
            print(folder.name, json.dumps(result[folder.name], indent=2), flush=True)
            if options.json:
                options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def asked(folder: Path, index: Path, reader: str, limit: int) -> dict[str, Any]:
    """The figures of one set, without a reader and with it."""
    encoder = open_encoder()
    results: dict[str, list[Result]] = {NONE: [], Path(reader).name: []}
    led = dict.fromkeys(results, 0)
    overlap: dict[str, list[float]] = {name: [] for name in results}
    times: dict[str, list[float]] = {name: [] for name in results}
    with ExitStack() as opened:
        assistants = {}
        for name, wanted in zip(results, (NONE, reader), strict=True):
            settings = Settings(index=index, llm=NONE, reader=wanted)
            assistants[name] = opened.enter_context(Assistant.open(settings, encoder=encoder))
            if not assistants[NONE].articles():
                assistants[NONE].add(folder / "articles.jsonl")
            assistants[name].warm_up()
        questions = load_questions(folder)[:limit]
        for question in questions:
            for name, assistant in assistants.items():
                answer = assistant.ask(question.question, history=question.history, asked_on=question.asked_on)
                exact = sum(is_exact(assistant, citation) for citation in answer.citations)
                results[name].append(judged(question, answer, answer.passages, exact=exact))
                led[name] += answer.short is not None
                if question.answerable and question.answers:
                    quoted = " ".join(citation.quote for citation in answer.citations)
                    overlap[name].append(max(token_f1(quoted, gold) for gold in question.answers))
                times[name].append(answer.timings["total"] * 1000)
    return {
        "questions": len(questions),
        **{
            name: {
                **{
                    section: {measure: round(value, 3) for measure, value in figures(results[name], section).items()}
                    for section in SECTIONS
                },
                "quotes, F1": mean(overlap[name]),
                "led by the reader's words": round(led[name] / len(questions), 3),
                "milliseconds": {f"p{part}": round(float(np.percentile(times[name], part)), 1) for part in (50, 95)},
            }
            for name in results
        },
    }


def is_exact(assistant: Assistant, citation: Citation) -> bool:
    """Whether the article has the quote where the citation says."""
    article = assistant.article(citation.article_id, revision=citation.revision)
    return article.text[citation.start : citation.end] == citation.quote


if __name__ == "__main__":
    main()
