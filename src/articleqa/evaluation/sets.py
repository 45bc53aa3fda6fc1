"""Evaluation sets: their questions, with what is known about them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from articleqa.types import InvalidInput


@dataclass(frozen=True, slots=True)
class Evidence:
    """A gold span."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set. ``type`` is whatever the set calls the kind of the question, or None."""

    id: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    evidence: tuple[Evidence, ...]
    relevant: frozenset[str]
    history: tuple[dict[str, str], ...] = ()
    asked_on: date | None = None
    type: str | None = None


def load_questions(folder: Path) -> list[Question]:
    """The questions of a set, in their order.

    Raises:
        InvalidInput: if the file is missing or a line of it is not a question.
    """
    path = folder / "questions.jsonl"
    for name in ("articles.jsonl", "questions.jsonl"):
        if not (folder / name).is_file():
            raise InvalidInput(f"{folder} is no evaluation set: it has no {name}")
    questions = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                questions.append(_question(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InvalidInput(
                    f"{path}, line {number}, is not a question of an evaluation set ({error})"
                ) from error
    if not questions:
        raise InvalidInput(f"{path} holds no question")
    return questions


def choose_questions(folder: Path, *, limit: int | None = None, seed: int = 0) -> list[Question]:
    """The questions of a set, or ``limit`` of them: the same ones for the same ``seed``.

    Raises:
        InvalidInput: as :func:`load_questions`.
    """
    questions = load_questions(folder)
    if limit is not None and limit < len(questions):
        return random.Random(seed).sample(questions, limit)  # noqa: S311  (a sample, no secret)
    return questions


def _question(entry: dict[str, Any]) -> Question:
    evidence = tuple(
        Evidence(str(span["article_id"]), int(span["start"]), int(span["end"])) for span in entry.get("evidence", ())
    )
    relevant = frozenset(map(str, entry.get("qrels", ()))) or frozenset(span.article_id for span in evidence)
    return Question(
        id=str(entry["id"]),
        question=str(entry["question"]),
        answers=tuple(map(str, entry.get("answers", ()))),
        answerable=bool(entry["answerable"]),
        evidence=evidence,
        relevant=relevant,
        history=tuple({"role": str(turn["role"]), "text": str(turn["text"])} for turn in entry.get("history", ())),
        asked_on=date.fromisoformat(entry["asked_on"][:10]) if entry.get("asked_on") else None,
        type=str(entry["type"]) if entry.get("type") else None,
    )
