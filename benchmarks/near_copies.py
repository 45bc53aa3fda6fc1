"""Measures which texts are taken for near copies of each other, and what it costs to find them.

    python benchmarks/near_copies.py [--sizes N…] [--json FILE]

Each invented report is changed as papers change one (a byline, a shorter end, other words) and compared with itself;
texts that are made of the same words and say something else (other figures in the same frame) are compared with each
other. The cost is the processor time that one article of 5,000 characters takes in libraries of each size, all of whose
articles end with the same paragraph of forty words, as those of one outlet do.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean, median

from articleqa import Article
from articleqa.library import Library
from articleqa.library.likeness import Shingles, alike, band_keys, shingles, signature

LENGTHS = (40, 80, 150, 300, 600)
PAIRS = 40
PROBES = 50
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bre cla dri flo gru".split()
FOOTER = (
    "You are reading this because somebody pays for it. Write to the editors at the address below, tell a friend, "
    "or take out a subscription, which can be ended every month, and comes with the weekend edition and the puzzles."
)
FRAMES = {
    "weather": "The day begins {word} along the coast, with {word} inland by noon. Temperatures reach {number} degrees "
    "in Velmora, {number} in Skarnes and {number} in the Sarn valley. The wind blows from the west at {number} "
    "kilometres an hour. At sea, waves of up to {number} metres are expected. The harbour office asks the skippers of "
    "small boats to listen to the radio before they leave. The forecast is made by the weather service of Aldmark.",
    "shares": "Shares in Aldmark closed {word} on {name}, with the leading index up {number} percent at {number} "
    "points. Norvik Dairy rose {number} percent to {number} crowns, and Skarnes Shipping lost {number} percent. The "
    "crown traded at {number} to the euro. Analysts of the Velmora Savings Bank said that trading was {word}, as "
    "investors waited for the figures of the central bank. The exchange opens again at nine in the morning.",
    "minutes": "The council of Tolmen met in the town hall on {number} May. The meeting was opened by {name}. Present "
    "were {name}, {name} and {name}. The minutes of the last meeting were read and approved. {name} presented the "
    "accounts, which were accepted with {number} votes to {number}. There being no other business, {name} thanked the "
    "members and closed the meeting. Residents are welcome at the next one, and may put questions in the first hour.",
}


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result = {"recognised": dict(_recognised()), "mistaken": dict(_mistaken()), "milliseconds": _costs(options.sizes)}
    for title, figures in result.items():
        print(title)
        for name, figure in figures.items():
            print(f"    {name:24} {figure}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _recognised() -> Iterator[tuple[str, dict[str, float]]]:
    """By change and length in words, the share of the pairs that are alike; and of these, that meet in a band."""
    changes: dict[str, Callable[[random.Random, str], str]] = {
        "byline": lambda rng, text: f"By {_name(rng)} {_name(rng)}\n\n{text}\n\n(Editing by {_name(rng)})",
        "last fifth cut": lambda _rng, text: _cut(text, 0.8),
        "last two fifths cut": lambda _rng, text: _cut(text, 0.6),
        "2 % other words": lambda rng, text: _reworded(rng, text, 0.02),
        "5 % other words": lambda rng, text: _reworded(rng, text, 0.05),
        "both of these": lambda rng, text: _reworded(rng, _cut(text, 0.8), 0.05),
        "20 % other words": lambda rng, text: _reworded(rng, text, 0.2),
        "other figures": lambda rng, text: re.sub(r"\d+", lambda _match: str(rng.randrange(10, 9999)), text),
    }
    for name, change in changes.items():
        figures = {}
        found = []
        for words in LENGTHS:
            rng = random.Random(words)
            texts = [_report(rng, words) for _ in range(PAIRS)]
            pairs = [(_read(text), _read(change(rng, text))) for text in texts]
            matching = [pair for pair in pairs if alike(*pair)]
            found += [_meet(*pair) for pair in matching]
            figures[f"{words} words"] = round(len(matching) / PAIRS, 3)
        yield name, figures | ({"found of these": round(fmean(found), 3)} if found else {})


def _mistaken() -> Iterator[tuple[str, dict[str, float]]]:
    """By frame, the share of the pairs with other figures and names in it that are alike, and that meet in a band."""
    for name, frame in FRAMES.items():
        rng = random.Random(name)
        pairs = [(_read(_filled(rng, frame)), _read(_filled(rng, frame))) for _ in range(10 * PAIRS)]
        yield (
            name,
            {
                "alike": fmean(alike(*pair) for pair in pairs),
                "compared": round(fmean(_meet(*pair) for pair in pairs), 3),
            },
        )


def _costs(sizes: list[int]) -> dict[str, dict[str, float]]:
    """By the number of texts in the library, what comparing one more costs, and what its row costs without that."""
    rng = random.Random(0)
    costs: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        held = 0
        for size in sorted(sizes):
            while held < size:
                with library.writing() as writer:
                    for number in range(held, min(held + 500, size)):
                        text = f"{_report(rng, 900)[:5000]}\n\n{FOOTER}"
                        writer.put(Article(id=str(number), title="", text=text, origin=str(number)), [], 1)
                held = min(held + 500, size)
            seconds = []
            with library.writing() as writer:
                for row in rng.sample(range(1, size + 1), PROBES):
                    text = writer.text(row)
                    started = time.process_time()
                    writer.compare(row, text, read=writer.text)
                    seconds.append(time.process_time() - started)
            costs[f"{size} texts"] = {"median": round(median(seconds) * 1e3, 2), "most": round(max(seconds) * 1e3, 2)}
        library.close()
    return costs


def _read(text: str) -> Shingles:
    found = shingles(text)
    if found is None:
        raise ValueError("a text without words cannot be measured")
    return found


def _meet(one: Shingles, other: Shingles) -> bool:
    return not set(band_keys(signature(one))).isdisjoint(band_keys(signature(other)))


def _word(rng: random.Random) -> str:
    # Few words are most of a text, as in any language.
    number = int(10 * rng.paretovariate(0.9))
    return "".join(random.Random(number).choices(SYLLABLES, k=1 + len(str(number))))


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=3)).capitalize()


def _number(rng: random.Random) -> str:
    return str(rng.randrange(2, 5000))


def _report(rng: random.Random, words: int) -> str:
    """A text of invented words, with a number and three names in forty words."""
    kinds: list[Callable[[random.Random], str]] = [*[_word] * 36, *[_name] * 3, _number]
    paragraphs = []
    for first in range(0, words, 60):
        length = min(60, words - first)
        paragraphs.append(" ".join(rng.choice(kinds)(rng) for _ in range(length)).capitalize() + ".")
    return "\n\n".join(paragraphs)


def _cut(text: str, share: float) -> str:
    return text[: int(share * len(text))]


def _reworded(rng: random.Random, text: str, share: float) -> str:
    words = text.split(" ")
    for place in rng.sample(range(len(words)), max(1, round(share * len(words)))):
        words[place] = _word(rng)
    return " ".join(words)


def _filled(rng: random.Random, frame: str) -> str:
    makers: dict[str, Callable[[], str]] = {
        "number": lambda: str(rng.randrange(2, 60)),
        "name": lambda: _name(rng),
        "word": lambda: _word(rng),
    }
    return re.sub(r"\{(\w+)\}", lambda match: makers[match[1]](), frame)


if __name__ == "__main__":
    main()
