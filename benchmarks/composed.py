"""What a language model writes over the product's evidence: right, refused, wrong; and whether what is marked holds.

    ARTICLEQA_LLM=http://127.0.0.1:8080/v1#model python benchmarks/composed.py SET [--questions N] [--seed S]
        [--index FOLDER] [--sentences FILE] [--json FILE]

SET is a folder with ``articles.jsonl`` and ``questions.jsonl``. With --sentences, a hundred of the sentences marked as
supported are written beside what they cite, to be read by a person: ``{"id", "number", "question", "sentence",
"quotes"}``, one a line. What was found by reading them is in ``results/composed-read.json``, without their texts.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from sampling import mean, some

from articleqa import Assistant, Settings
from articleqa.evaluation import Question, load_questions
from articleqa.evaluation.judging import holds
from articleqa.types import Answer, Support

READ = 100


def main() -> None:
    """Ask, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--without", type=int, default=60, help="questions that cannot be answered")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--index", type=Path, help="kept, and used where it is there")
    parser.add_argument("--sentences", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    questions = load_questions(options.folder)
    asked = some(questions, answerable=options.questions, others=options.without, seed=options.seed)
    with tempfile.TemporaryDirectory() as made:
        folder = options.index or Path(made)
        with Assistant.open(Settings.load(index=folder, answer_cache=0)) as assistant:
            if not assistant.articles():
                assistant.add(options.folder / "articles.jsonl")
            rows = []
            for number, question in enumerate(asked, start=1):
                rows.append((question, assistant.ask(question.question)))
                if number % 20 == 0:
                    print(number, json.dumps(_figures(rows)), flush=True)
    if options.sentences:
        options.sentences.write_text("".join(f"{json.dumps(each)}\n" for each in _sentences(rows, options.seed)))
    result = _figures(rows)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _figures(rows: list[tuple[Question, Answer]]) -> dict[str, Any]:
    answerable = [(question, answer) for question, answer in rows if question.answerable]
    others = [answer for question, answer in rows if not question.answerable]
    composed = [(question, answer) for question, answer in answerable if _is_composed(answer)]
    marks = Counter(
        sentence.support.value for _, answer in rows if _is_composed(answer) for sentence in answer.sentences
    )
    seconds = [answer.timings["total"] for _, answer in rows]
    firsts = [answer.timings["first_token"] for _, answer in rows if "first_token" in answer.timings]
    return {
        "questions": len(answerable),
        "contains": mean(holds(answer.text, question.answers) for question, answer in answerable),
        "contains, of what the model wrote": mean(
            holds(answer.text, question.answers) for question, answer in composed
        ),
        "contains, of what holds only partly": mean(
            holds(answer.text, question.answers) for question, answer in composed if not _holds_wholly(answer)
        ),
        "a quote contains": mean(
            any(holds(citation.quote, question.answers) for citation in answer.citations)
            for question, answer in answerable
        ),
        "composed": mean(_is_composed(answer) for _, answer in answerable),
        "refused": mean(not answer.answered for _, answer in answerable),
        "unanswerable": len(others),
        "unanswerable, refused": mean(not answer.answered for answer in others),
        "sentences": dict(marks),
        "words of a composed answer": _median([len(answer.text.split()) for _, answer in composed]),
        "seconds, p50": _median(seconds),
        "seconds to the first token, p50": _median(firsts),
    }


def _is_composed(answer: Answer) -> bool:
    """Whether a model wrote it; where nothing that it wrote held, the quotes are the answer, and a note says so."""
    return answer.answered and "first_token" in answer.timings and not answer.notes


def _holds_wholly(answer: Answer) -> bool:
    return all(sentence.support is Support.SUPPORTED for sentence in answer.sentences)


def _sentences(rows: list[tuple[Question, Answer]], seed: int) -> list[dict[str, Any]]:
    marked = [
        {
            "id": question.id,
            "number": number,
            "question": question.question,
            "sentence": sentence.text,
            "quotes": [citation.quote for citation in sentence.citations],
        }
        for question, answer in rows
        if _is_composed(answer)
        for number, sentence in enumerate(answer.sentences)
        if sentence.support is Support.SUPPORTED
    ]
    return random.Random(seed).sample(marked, min(READ, len(marked)))


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None


if __name__ == "__main__":
    main()
