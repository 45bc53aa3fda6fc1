"""One agency report as several papers printed it, and texts that only look alike."""

from __future__ import annotations

from dataclasses import replace

from articleqa import Article

LEAD = (
    "The county of Halvmark will build a new bridge over the Sarn at Tolmen, its governor, Dagny Roll, announced on "
    "Monday. The work begins in spring and is to take three years."
)
COSTS = (
    "The bridge costs 48 million crowns. The county pays half of it, and the rest comes from a toll of 12 crowns a "
    "car. Lorries pay twice as much."
)
PROTEST = (
    "Fishermen from the lower valley are against the plan. Their speaker, Ewan Pike, said that the piers would drive "
    "the salmon away, and that nobody had asked those who live from the river."
)
OLD_BRIDGE = (
    "The old bridge, built in 1911, has been closed to lorries for four years. Engineers found cracks in two of its "
    "arches, and every winter has made them longer. It is to be kept for walkers and cyclists."
)
FERRY = (
    "Until the new bridge opens, a ferry will carry lorries across. It leaves every twenty minutes from the landing "
    "below the mill, and the crossing is free for people who live in Tolmen."
)
PARAGRAPHS = (LEAD, COSTS, PROTEST, OLD_BRIDGE, FERRY)


def report(
    identity: str, *paragraphs: str, title: str = "Tolmen gets a new bridge", source: str | None = None
) -> Article:
    """An article of those paragraphs."""
    return Article(id=identity, title=title, text="\n\n".join(paragraphs), source=source, published="2025-03-03")


AGENCY = report("agency", *PARAGRAPHS, source="Coast Wire")
HEADLINE = replace(AGENCY, id="headline", title="Governor promises bridge", source="Halden Courier")
BYLINE = report(
    "byline",
    "By Mirel Ostrand, staff reporter",
    *PARAGRAPHS,
    title="A bridge for Tolmen",
    source="Halden Courier",
)
DATELINE = report(
    "dateline",
    f"TOLMEN, March 3 (Coast Wire) — {LEAD}",
    *PARAGRAPHS[1:],
    "(Reporting by M. Ostrand; editing by Paul Hale)",
    title="Halvmark to bridge the Sarn",
    source="The Ledger",
)
SHORTENED = report("shortened", *PARAGRAPHS[:-1], title="Bridge planned", source="Bay Notes")
TYPOGRAPHY = replace(
    AGENCY,
    id="typography",
    source="Morning Sheet",
    text=AGENCY.text.replace(". ", ".\u00a0 ").replace("Tolmen", "Tol\u00admen").replace("that nobody", "that\nnobody"),
)
REWORDED = replace(
    AGENCY,
    id="reworded",
    source="Upland Review",
    text=AGENCY.text.replace("is to take three", "should take three")
    .replace("drive the salmon away", "scare the salmon away")
    .replace("the crossing is free", "the passage is free")
    .replace("made them longer", "made them wider"),
)
VARIANTS = (BYLINE, DATELINE, SHORTENED, TYPOGRAPHY, REWORDED)

# The same event, written by somebody else who heard the same announcement.
INDEPENDENT = report(
    "independent",
    "After years of waiting, drivers in Tolmen can hope. Governor Dagny Roll wants to see cars cross the Sarn on a new "
    "bridge within three years, she told reporters in the town hall on Monday.",
    "The price is high: 48 million crowns, half of them from the county. Whoever drives across will pay 12 crowns, and "
    "for a lorry it is double that.",
    'Not everybody is glad. Ewan Pike, who speaks for the fishermen downstream, fears for the salmon. "We live from '
    'the river," he said, "and we were not even asked."',
    "Built in 1911, the present bridge has cracks in two arches. Lorries have had to go the long way round for four "
    "years; now there will be a ferry for them, every twenty minutes, from the landing below the mill.",
    title="Tolmen hopes for its bridge",
)


def weather(identity: str, day: str, first: int, second: int, wind: int, waves: int) -> Article:
    """The same words every day."""
    return report(
        identity,
        f"{day} will begin dry along the coast, with showers inland by noon. Temperatures will reach {first} degrees "
        f"in Velmora and {second} degrees in the Sarn valley. The wind blows from the west at {wind} kilometres an "
        "hour.",
        f"At sea, waves of up to {waves} metres are expected. The harbour office asks the skippers of small boats to "
        "listen to the radio before they leave. The forecast is made by the weather service of Halvmark, and the next "
        "one follows in the evening.",
        title=f"The weather on {day}",
    )


def minutes(identity: str, day: str, members: tuple[str, str, str], votes: tuple[int, int], topic: str) -> Article:
    """The same frame at every meeting."""
    chair, treasurer, mover = members
    return report(
        identity,
        f"The council of Tolmen met in the town hall on {day}. The meeting was opened by {chair}. The minutes of the "
        f"last meeting were read and approved. {treasurer} presented the accounts, which were accepted with {votes[0]} "
        f"votes to {votes[1]}.",
        f"Under the next item, {mover} moved that {topic} be put before the planning committee. The motion was "
        "carried. There being no other business, the chair thanked the members and closed the meeting. Residents are "
        "welcome at the next one, and may put questions in the first half hour.",
        title=f"Council minutes, {day}",
    )


LOOKALIKES = (
    (weather("monday", "Monday", 14, 17, 35, 2), weather("tuesday", "Tuesday", 9, 12, 60, 4)),
    (
        minutes("april", "7 April", ("Dagny Roll", "Piet Lomond", "Sela Harrow"), (7, 2), "the bus shelter"),
        minutes("may", "5 May", ("Joss Pemble", "Oda Ferrin", "Bram Tolland"), (6, 3), "the cemetery wall"),
    ),
    (AGENCY, INDEPENDENT),
    (
        report("fees", "The port of Velmora raises its fees in January."),
        report("wages", "The port of Velmora raises its wages in January."),
    ),
    (
        report("lost", "Norvik Dairy made a loss of 3.2 million crowns last year, the first since it was founded."),
        report("more", "Norvik Dairy made a loss of 4.1 million crowns last year, the first since it was founded."),
    ),
)
