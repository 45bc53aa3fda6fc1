"""How long an answer takes while a large folder is being added, beside how long it takes when nothing else is done.

    python benchmarks/while_adding.py SETS [--articles 5000] [--pause 0.25] [--reader builtin] [--json FILE]

SETS holds the sets ``squad`` and ``scifact``. The articles of the first are there, and its questions are asked one
after the other with a pause in between, as people ask them; then again while so many articles of the second, a file
each, are added by another thread of the same process, as the chat does when a folder is dropped on it or watched.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from measuring import Clock, timed
from sampling import some

from articleqa import Assistant, Settings
from articleqa.evaluation import load_questions

QUESTIONS = 200


def main() -> None:
    """Ask alone, ask beside, and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between an answer and the next question")
    parser.add_argument("--reader", default="builtin")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    known = some(load_questions(options.sets / "squad"), answerable=QUESTIONS, others=0, seed=3)
    questions = cycle(question.question for question in known)
    with tempfile.TemporaryDirectory() as made:
        files = written(options.sets / "scifact", options.articles, Path(made) / "articles")
        settings = Settings(index=Path(made) / "index", llm="none", reader=options.reader, answer_cache=0)
        with Assistant.open(settings) as assistant:
            assistant.add(options.sets / "squad" / "articles.jsonl")
            assistant.warm_up()

            def ask() -> None:
                assistant.ask(next(questions))

            asked(ask, options.pause, lambda number: number < 20)
            alone = asked(ask, options.pause, lambda number: number < QUESTIONS)
            seconds: list[float] = []
            adding = threading.Thread(target=lambda: seconds.append(timed(lambda: assistant.add(files))))
            adding.start()
            beside = asked(ask, options.pause, lambda _: adding.is_alive())
            adding.join()
            result = {
                "reader": options.reader,
                "alone": alone,
                "while adding": beside,
                "ratios": {name: round(beside[name] / alone[name], 2) for name in ("p50 ms", "p95 ms")},
                "articles": assistant.article_count(),
                "seconds to add them": round(seconds[0], 1),
            }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def written(folder: Path, count: int, target: Path) -> Path:
    """So many articles of a set as text files."""
    target.mkdir()
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        entries: Iterator[dict[str, str]] = (json.loads(line) for line in islice(lines, count))
        for number, entry in enumerate(entries):
            (target / f"{number:05}.txt").write_text(f"{entry['title']}\n\n{entry['text']}\n", encoding="utf-8")
    return target


def asked(ask: Callable[[], None], pause: float, goes_on: Callable[[int], bool]) -> dict[str, Any]:
    """Ask with pauses for as long as it goes on."""
    clock = Clock()
    number = 0
    while goes_on(number):
        clock.time(ask)
        number += 1
        time.sleep(pause)
    figures = clock.figures()
    most = round(1000 * max(clock.wall), 1)
    return {"questions": number, "p50 ms": figures["p50 ms"], "p95 ms": figures["p95 ms"], "most ms": most}


if __name__ == "__main__":
    main()
