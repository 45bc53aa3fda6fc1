"""The training sets: where they come from, and a recipe for those that can be fetched as they are. It needs a network.

    python training/sets.py FOLDER

writes ``NAME.jsonl.gz`` for each set that its publisher offers in SQuAD's own JSON, and derives look-alike questions
without an answer from the first. The other sets are named below with the commit at which they were taken; each has a
format of its own and has to be brought into this one:

    {"id", "question", "passage", "answers": [{"text", "start"}], "answerable", "source", "licence", "title"}

``passage[start:start + len(text)] == text`` holds for every answer. `examples.prepare` leaves out what is not there.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import re
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OFFICIAL = "https://rajpurkar.github.io/SQuAD-explorer/dataset/train-v1.1.json"
_OFFICIAL_SHA256 = "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955"


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """One set: its licence, the repository and commit that it was taken from, and its files there."""

    name: str
    licence: str
    repository: str
    commit: str = ""
    files: tuple[str, ...] = ()


SETS = (
    TrainingSet(
        "squad1-train", "CC BY-SA 4.0", "rajpurkar/SQuAD-explorer", "13f82e35b9a1", ("explore/1.1/train/*.html",)
    ),
    TrainingSet("squad1-train-neg", "CC BY-SA 4.0", "derived from squad1-train"),
    TrainingSet("squad1-train-swap", "CC BY-SA 4.0", "derived from squad1-train"),
    TrainingSet(
        "squadshifts-wiki",
        "CC BY 4.0",
        "modestyachts/squadshifts-website",
        "b7cc4d50af79",
        ("datasets/new_wiki_v1.0.json",),
    ),
    TrainingSet(
        "qamr",
        "MIT; Wikipedia CC BY-SA, Wikinews CC BY",
        "uwnlp/qamr",
        "956b0eb2d585",
        ("data/filtered/dev.tsv", "data/filtered/test.tsv", "data/wiki-sentences.tsv"),
    ),
    TrainingSet(
        "qed-nq",
        "CC BY-SA 3.0",
        "google-research-datasets/QED",
        "71e19e085640",
        ("nq-train-0[0-5]-qed.jsonlines",),
    ),
    TrainingSet("afriqa-en", "CC BY 4.0", "masakhane-io/afriqa", "5c2993375369", ("data/gold_passages/*/*.en.*.json",)),
    TrainingSet("fairytaleqa", "Apache-2.0", "uci-soe/FairytaleQAData", "a24ddc173646", ("data-by-train-split/**",)),
    TrainingSet(
        "covid-qa",
        "Apache-2.0; papers CC BY",
        "deepset-ai/COVID-QA",
        "fb2eb5e24961",
        ("data/question-answering/2004*_covidQA.json",),
    ),
    TrainingSet(
        "cuad",
        "CC BY 4.0",
        "maastrichtlawtech/law3027-advanced-legal-analytics",
        "77c8f5a3cc2e",
        ("data/CUAD_v1/master_clauses.csv", "data/CUAD_v1/full_contract_txt/*"),
    ),
    TrainingSet(
        "tatqa",
        "CC BY 4.0",
        "NExTplusplus/TAT-QA",
        "870accc41953",
        ("dataset_raw/dev.json", "dataset_raw/test_gold.json"),
    ),
    TrainingSet(
        "contrast-sets",
        "none in its repository; Quoref and ROPES are CC BY 4.0, DROP is CC BY-SA 4.0",
        "allenai/contrast-sets",
        "e2b87316ba7b",
        ("quoref", "ropes", "DROP"),
    ),
    TrainingSet(
        "integreat-en",
        "CC BY 4.0",
        "digitalfabrik/integreat-qa-dataset",
        "6377c1b54304",
        ("dataset/languages/en/dataset_en.json",),
    ),
    TrainingSet("dolly-extractive", "CC BY-SA 3.0", "mehal99/FedLoRA", "49e0e606d846", ("data/10/*.json",)),
)


def main() -> None:
    """Fetch what can be fetched."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    squad = _named("squad1-train")
    content = _fetched(_OFFICIAL)
    if (digest := hashlib.sha256(content).hexdigest()) != _OFFICIAL_SHA256:
        raise SystemExit(f"{_OFFICIAL} has SHA-256 {digest}, not {_OFFICIAL_SHA256}: it is another file")
    entries = list(squad_entries(json.loads(content), squad))
    _write(folder, squad, entries)
    _write(folder, _named("squad1-train-neg"), lookalikes(entries, _named("squad1-train-neg")))
    shifts = _named("squadshifts-wiki")
    # The commit names the content.
    address = f"https://github.com/{shifts.repository}/raw/{shifts.commit}/{shifts.files[0]}"
    _write(folder, shifts, squad_entries(json.loads(_fetched(address)), shifts))


def squad_entries(content: dict[str, Any], source: TrainingSet) -> Iterator[dict[str, Any]]:
    """The questions of a file in SQuAD's format; an answer that does not stand where it says is left out."""
    for article in content["data"]:
        title = str(article.get("title", "")).replace("_", " ")
        for paragraph in article["paragraphs"]:
            passage = paragraph["context"]
            for asked in paragraph["qas"]:
                answers = {(each["answer_start"], each["text"]) for each in asked["answers"]}
                exact = [
                    {"text": text, "start": start}
                    for start, text in sorted(answers)
                    if text and passage[start : start + len(text)] == text
                ]
                if exact:
                    yield {
                        "id": f"{source.name}-{asked['id']}",
                        "question": asked["question"].strip(),
                        "passage": passage,
                        "answers": exact,
                        "answerable": True,
                        "source": source.name,
                        "licence": source.licence,
                        "title": title,
                    }


def lookalikes(entries: Iterable[dict[str, Any]], source: TrainingSet) -> Iterator[dict[str, Any]]:
    """Each question with the paragraph of its article that shares most of its rare words and has no answer in it."""
    articles: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        articles.setdefault(entry["title"], []).append(entry)
    for asked in articles.values():
        passages = {entry["passage"]: _words(entry["passage"]) for entry in asked}
        holding = Counter(word for words in passages.values() for word in words)
        for entry in asked:
            answers = [answer["text"].casefold() for answer in entry["answers"]]
            words = _words(entry["question"])
            others = [
                (sum(math.log(len(passages) / holding[word]) for word in words & passages[passage]), passage)
                for passage in passages
                if passage != entry["passage"] and not any(answer in passage.casefold() for answer in answers)
            ]
            if others:
                _, passage = max(others)
                changed = {"id": f"{source.name}-{entry['id']}", "passage": passage, "source": source.name}
                yield {**entry, **changed, "answers": [], "answerable": False}


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _named(name: str) -> TrainingSet:
    return next(each for each in SETS if each.name == name)


def _fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=120) as answer:
        content: bytes = answer.read()
        return content


def _write(folder: Path, source: TrainingSet, entries: Iterable[dict[str, Any]]) -> None:
    path = folder / f"{source.name}.jsonl.gz"
    count = 0
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            count += 1
    print(f"{path}: {count} questions")


if __name__ == "__main__":
    main()
