"""A library of invented articles, the same every time, with questions that one article alone answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from articleqa import Article

FOLLOW_UP = "And who designed it?"
BUILDINGS = "bridge museum theatre lighthouse library observatory harbour school mill station".split()
PLACES = (
    "Aald Brand Dorn Eister Falk Grim Halv Ilm Jarl Kess Lind Morr Norr Oster Pell Quist Rav Skar Thorn Ulv Vass Weld "
    "Yst Zell Ekel".split(),
    "holm mark vik sund dal berga fjord hamn lund nes rup stad tuna voll wick borg minde sted havn bro".split(),
)
PEOPLE = (
    "Ada Bo Clara Dag Edda Finn Greta Hugo Ida Jonas Karin Lars Marta Nils Olga Peder Runa Sven Tilda Uno".split(),
    "Almgren Bergman Castell Dahlin Ekholm Forsell Granath Hedberg Isling Jernberg Kvist Lagerlund Malmsten Nyqvist "
    "Oxholm Palander Rydell Sandahl Tornberg Uddgren Vallin Wester Ygberg Zander Aspelin".split(),
)
ASIDES = (
    "The wind from the sea is felt in every street, and nobody in {place} goes out without a coat.",
    "On market days farmers from the villages around sell apples, wool and smoked fish.",
    "A bus leaves every half hour, and in summer a boat follows the coast as far as the islands.",
    "Older people remember how the square was paved, and the trees that had to be felled for it.",
    "The council of {place} has promised to mend the roof before the next winter.",
    "Pupils draw it every spring, and the best drawing hangs in the town hall for a year.",
    "The stone came by barge from a quarry up the river, which was closed long ago.",
    "At night its windows are lit, and sailors say that they can be seen far out.",
)


@dataclass(frozen=True)
class Building:
    """What one invented article is about, and the two questions that it alone answers."""

    kind: str
    place: str
    designer: str
    cost: int

    @property
    def asks(self) -> tuple[tuple[str, str], ...]:
        """Questions, each with the words that its answer must hold."""
        return (f"How much did the {self.kind} of {self.place} cost?", f"{self.cost:,}"), (FOLLOW_UP, self.designer)

    def article(self, rng: random.Random) -> Article:
        """About two thousand characters, in which the facts stand once."""
        where = f"{self.kind} of {self.place}"
        opening = f"{rng.randint(1, 28)} {rng.choice(['March', 'May', 'June', 'October'])} {rng.randint(1850, 1990)}"
        facts = (
            f"The {where} was opened on {opening}, and there had been talk of it for a generation.",
            f"The {where} cost {self.cost:,} crowns, of which the county paid a half and the town the rest.",
            f"{self.designer} designed the {where}, and asked for no more than the price of the drawings.",
            f"About {rng.randint(20, 900) * 100:,} people come every year, most of them on foot.",
        )
        paragraphs = [" ".join((fact, *rng.sample(ASIDES, 4))).format(place=self.place) for fact in facts]
        return Article(
            id=f"{self.kind}-{self.place}".lower(),
            title=f"The {where}",
            source=rng.choice(("Coast Weekly", "Harbour Post", "County Courier", "The Upland Review")),
            published=f"20{rng.randint(10, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            text="\n\n".join(paragraphs),
        )


def invented_buildings(count: int) -> Iterator[Building]:
    """The same ones every time; no two share a place's name, a designer or a cost."""
    rng = random.Random(0)
    places = rng.sample(["".join(parts) for parts in product(*PLACES)], count)
    designers = rng.sample([" ".join(parts) for parts in product(*PEOPLE)], count)
    costs = rng.sample(range(100_000, 9_999_999), count)
    for number, (place, designer, cost) in enumerate(zip(places, designers, costs, strict=True)):
        yield Building(kind=BUILDINGS[number % len(BUILDINGS)], place=place, designer=designer, cost=cost)


def invented_annals() -> tuple[Article, list[tuple[str, str]]]:
    """An article of 200 pages, a year each; and questions about some of its years with what each answer holds."""
    rng = random.Random(2)
    asides = [aside.format(place="Saltholm") for aside in ASIDES]
    pages, offsets, asks, length = [], [], [], 0
    for year, barrels in zip(range(1600, 1800), rng.sample(range(1_000, 99_999), 200), strict=True):
        paragraphs = [f"In the year {year} the salt works of Saltholm sold {barrels:,} barrels of salt."]
        paragraphs += [" ".join(rng.sample(asides, len(asides))) for _ in range(5)]
        page = "\n\n".join(paragraphs) + "\n\n"
        offsets.append(length)
        pages.append(page)
        length += len(page)
        if year % 20 == 10:
            asks.append((f"How many barrels of salt did the salt works of Saltholm sell in {year}?", f"{barrels:,}"))
    rng.shuffle(asks)
    annals = Article(id="annals", title="Annals of the salt works", text="".join(pages).rstrip(), pages=tuple(offsets))
    return annals, asks
