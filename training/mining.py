"""Finds what the product's own retrieval mistakes for the answer: hard negatives for the training.

    python training/mining.py SETS WORK [--questions N] [--articles N]

Indexes the paragraphs of SQuAD's training articles as the product does, searches them for a sample of the training
questions, and writes to WORK/mined.jsonl.gz, in the sets' own format, the best passages that are not the question's
paragraph and do not hold its answer. Training runs without that file, too; once it has begun, the file must not
change.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from examples import draw

from articleqa import Article, Assistant, Settings

SOURCE = "squad1-train"
MINED = "mined"
# Passages that are looked at for a question, and those that are kept at most.
LOOKED_AT, KEPT = 8, 2


def main() -> None:
    """Mine, and say how much was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--questions", type=int, default=6_000, help="to be searched for")
    parser.add_argument("--articles", type=int, default=160, help="to be indexed")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    titles, entries = _read(options.sets / f"{SOURCE}.jsonl.gz", articles=options.articles)
    chosen = sorted(entries, key=lambda entry: draw(entry["id"] + MINED))[: options.questions]
    path = options.work / f"{MINED}.jsonl.gz"
    part = path.with_suffix(".part")
    began, found = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as index, gzip.open(part, "wt", encoding="utf-8") as file:
        settings = Settings.load(index=Path(index), threads=options.threads)
        with Assistant.open(settings) as assistant:
            for title, paragraphs in titles.items():
                assistant.add(Article(title, "\n\n".join(paragraphs), id=title))
            print(f"{len(titles)} articles indexed in {time.monotonic() - began:.0f} s", flush=True)
            began = time.monotonic()
            for entry in chosen:
                for mined in negatives(assistant, entry):
                    file.write(json.dumps(mined, ensure_ascii=False) + "\n")
                    found += 1
    part.replace(path)
    print(f"{found} passages for {len(chosen)} questions in {time.monotonic() - began:.0f} s: {path}")


def negatives(assistant: Assistant, entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The best passages that are not of the question's paragraph and hold none of its answers."""
    answers = [_plain(answer["text"]) for answer in entry["answers"]]
    own = _plain(entry["passage"])
    kept = 0
    for rank, passage in enumerate(assistant.search(entry["question"], limit=LOOKED_AT)):
        text = _plain(passage.text)
        if text in own or own in text or any(answer in text for answer in answers):
            continue
        yield {
            "id": f"{MINED}-{entry['id']}-{rank}",
            "question": entry["question"],
            "passage": passage.text,
            "answers": [],
            "answerable": False,
            "source": MINED,
            "licence": entry["licence"],
            "title": passage.title,
        }
        kept += 1
        if kept == KEPT:
            return


def _read(path: Path, *, articles: int) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """The paragraphs of each article in their order, and the questions about them."""
    titles: dict[str, dict[str, None]] = {}
    entries = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["title"] not in titles and len(titles) == articles:
                break
            titles.setdefault(entry["title"], {})[entry["passage"]] = None
            entries.append(entry)
    return {title: list(paragraphs) for title, paragraphs in titles.items()}, entries


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


if __name__ == "__main__":
    main()
