"""How many changes to true sentences the support check catches, and how often it suspects what is true.

    python benchmarks/corruption.py EVAL_FOLDER... [--json FILE] [--per-kind N] [--half 0|1] [--show KIND]

True sentences of the articles are changed so that they are no longer true (another number, a name swapped, a "not" more
or less, an opposite), and said a little differently so that they still are. Each is judged against six texts, as in the
product: its own span, with a neighbour now and then, and five others that have most of its words; and it cites its own
span, another one, several or none. Answers that people wrote in their own words from spans that they named are judged
against those spans, where a set has them. A change is caught when the sentence is left without a citation. The checker
is worked on with every other article, and reported on the others; half of the opposites are held out as well.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corrupting import (
    affirmed,
    names_of,
    negated,
    numbers_of,
    opposed,
    other_date,
    other_name,
    other_number,
    swapped_names,
)
from measuring import timed_each
from opposite_pairs import pairs
from rephrasing import REPHRASINGS

from articleqa import chunking
from articleqa.grounding import judge
from articleqa.library import STOP_WORDS, stems
from articleqa.types import Support

QUOTES = 6
# More articles of a set than this add little, and every set should count.
ARTICLES = 400
SENTENCE_WORDS = (7, 45)
UNCHANGED = "unchanged"
BY_PEOPLE = "answered by people"
_IGNORED = frozenset(stem for word in STOP_WORDS for stem in stems(word))


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence to judge: what was done to it, whether it is still true, and what it is judged against."""

    kind: str
    is_true: bool
    sentence: str
    original: str
    cited: tuple[int, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Article:
    id: str
    heading: str
    sentences: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    names: list[str]
    numbers: list[str]


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--per-kind", type=int, default=300)
    parser.add_argument("--half", type=int, choices=(0, 1), default=1, help="0 to work on the checker, 1 to report")
    parser.add_argument("--show", help="print what goes wrong with cases of this kind")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    started = time.perf_counter()
    cases = list(_cases(options.folders, options.half, options.per_kind))
    print(f"{len(cases)} cases in {time.perf_counter() - started:.0f} s", flush=True)
    verdicts = [_judged(case) for case in cases]
    if options.show:
        for case, support in zip(cases, verdicts, strict=True):
            wrong = support is Support.UNSUPPORTED if case.is_true else support is not Support.UNSUPPORTED
            if case.kind == options.show and wrong:
                print(f"\n{support}  {case.sentence}\n    was  {case.original}")
                print(*(f"    by   {text}" for text in case.evidence), sep="\n")
    result = _figures(cases, verdicts)
    result["articles"] = [folder.name for folder in options.folders]
    result["half"] = options.half
    result["a sentence against six texts"] = timed_each(_judged, cases)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _judged(case: Case) -> Support:
    return judge(case.sentence, case.cited, case.evidence, stems=stems, ignored=_IGNORED).support


def _figures(cases: Sequence[Case], verdicts: Sequence[Support]) -> dict[str, Any]:
    """Shares of the verdicts per kind and over all."""
    counted: dict[bool, dict[str, Counter[Support]]] = {True: {}, False: {}}
    for case, support in zip(cases, verdicts, strict=True):
        for kind in (case.kind, "all" if case.kind not in (UNCHANGED, BY_PEOPLE) else None):
            if kind:
                counted[case.is_true].setdefault(kind, Counter())[support] += 1
    return {
        "corrupted": {
            kind: {
                "cases": counts.total(),
                "caught": round(counts[Support.UNSUPPORTED] / counts.total(), 3),
                "not marked supported": round(1 - counts[Support.SUPPORTED] / counts.total(), 3),
            }
            for kind, counts in counted[False].items()
        },
        "true": {
            ("rephrased, all" if kind == "all" else kind): {
                "cases": counts.total(),
                "wrong alarms": round(counts[Support.UNSUPPORTED] / counts.total(), 3),
                "supported": round(counts[Support.SUPPORTED] / counts.total(), 3),
            }
            for kind, counts in counted[True].items()
        },
    }


def _cases(folders: Sequence[Path], half: int, per_kind: int) -> Iterator[Case]:
    rng = random.Random(half)
    known, held_out = pairs(held_out=False), pairs(held_out=True)
    corruptions: dict[str, Callable[[_Article, str], str | None]] = {
        "another number": lambda article, text: other_number(text, article.numbers, rng),
        "another date": lambda _, text: other_date(text, rng),
        "another name": lambda article, text: other_name(text, article.names, rng),
        "two names swapped": lambda _, text: swapped_names(text, rng),
        "a negation added": lambda _, text: negated(text, rng),
        "a negation dropped": lambda _, text: affirmed(text, rng),
        "an opposite": lambda _, text: opposed(text, known, rng),
        "an opposite that is held out": lambda _, text: opposed(text, held_out, rng),
    }
    articles = [list(_articles(folder, half, rng)) for folder in folders]
    places = [[(article, number) for article in part for number in range(len(article.sentences))] for part in articles]
    for kind, change in corruptions.items():
        yield from _changed(kind, False, change, places, articles, per_kind, rng)
    yield from _changed(UNCHANGED, True, lambda _, text: text, places, articles, 2 * per_kind, rng)
    for folder, part in zip(folders, articles, strict=True):
        yield from _answered(folder, {article.id: article for article in part}, rng)
    for kind, rephrase in REPHRASINGS.items():
        yield from _changed(kind, True, lambda _, text: rephrase(text), places, articles, per_kind // 2, rng)  # noqa: B023


def _answered(folder: Path, articles: dict[str, _Article], rng: random.Random) -> Iterator[Case]:
    """The sentences of long answers by people, each citing all spans of the answer."""
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            article = articles.get(entry["evidence"][0]["article_id"]) if entry["evidence"] else None
            # Where an answer is a few words of a passage, nobody has said anything in other words.
            if article is None or not entry["answers"] or not entry["answers"][0].endswith("."):
                continue
            if sum(len(span["text"]) for span in entry["evidence"]) < len(entry["answers"][0]) / 2:
                continue
            own = [f"{article.heading}. {span['text']}" for span in entry["evidence"]][:QUOTES]
            own += [f"{article.heading}. {text}" for text in rng.sample(article.sentences, len(article.sentences))]
            cited = tuple(range(min(QUOTES, len(entry["evidence"]))))
            answer = entry["answers"][0]
            for span in chunking.sentences(answer):
                text = " ".join(answer[span.start : span.end].split())
                if len(text.split()) >= SENTENCE_WORDS[0]:
                    yield Case(BY_PEOPLE, True, text, text, cited, tuple(own[:QUOTES]))


def _changed(
    kind: str,
    is_true: bool,
    change: Callable[[_Article, str], str | None],
    places: Sequence[list[tuple[_Article, int]]],
    articles: Sequence[list[_Article]],
    wanted: int,
    rng: random.Random,
) -> Iterator[Case]:
    """Cases of one kind, from every set alike as far as it goes."""
    found = 0
    orders = [iter(rng.sample(part, len(part))) for part in places]
    while orders and found < wanted:
        for number, order in reversed(list(enumerate(orders))):
            for article, place in order:
                text = article.sentences[place]
                changed = change(article, text)
                if changed is not None and (kind == UNCHANGED or changed != text):
                    case = Case(kind, is_true, changed, text, (), ())
                    yield _with_evidence(case, article, place, rng.choice(articles), rng)
                    found += 1
                    break
            else:
                orders.pop(number)


def _with_evidence(case: Case, article: _Article, place: int, others: Sequence[_Article], rng: random.Random) -> Case:
    first = place - (rng.random() < 0.3 and place > 0)
    last = place + 1 + (rng.random() < 0.3 and place + 1 < len(article.sentences))
    spans = [f"{article.heading}. {' '.join(article.sentences[first:last])}"]
    near = sorted(
        (number for number in range(len(article.sentences)) if not first <= number < last),
        key=lambda number: -len(article.words[number] & article.words[place]),
    )
    spans += [f"{article.heading}. {article.sentences[number]}" for number in near[: QUOTES - 2]]
    other = rng.choice(others)
    while len(spans) < QUOTES:
        spans.append(f"{other.heading}. {rng.choice(other.sentences)}")
    order = rng.sample(range(QUOTES), QUOTES)
    evidence = tuple(spans[number] for number in order)
    own = order.index(0)
    cited = rng.choice([(own,), (own,), (own,), (), (rng.randrange(QUOTES),), (rng.randrange(QUOTES), own)])
    return replace(case, cited=cited, evidence=evidence)


def _articles(folder: Path, half: int, rng: random.Random) -> Iterator[_Article]:
    """Every other article of a set, those with two sentences at least."""
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines][half::2]
    for entry in rng.sample(entries, min(ARTICLES, len(entries))):
        text = entry["text"]
        spans = chunking.sentences(text)
        sentences = tuple(
            " ".join(text[span.start : span.end].split())
            for span in spans
            if SENTENCE_WORDS[0] <= len(text[span.start : span.end].split()) <= SENTENCE_WORDS[1]
            and text[span.start].isupper()
            and text[: span.end].endswith(".")
        )
        if len(sentences) > 1:
            words = tuple(frozenset(stems(sentence)) - _IGNORED for sentence in sentences)
            parts = (entry["title"], entry["source"], (entry["published"] or "")[:4])
            heading = ", ".join(part for part in parts if part)
            yield _Article(entry["id"], heading, sentences, words, names_of(text), numbers_of(text))


if __name__ == "__main__":
    main()
