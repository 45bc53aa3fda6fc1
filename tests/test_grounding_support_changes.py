"""What a changed sentence comes to: a table of changes, and what holds for every number, name and negation."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articleqa.grounding import Verdict, judge
from articleqa.grounding.support.opposites import are_alike, are_opposites, claims_too_much
from articleqa.library import STOP_WORDS, stems
from articleqa.types import Support

IGNORED = frozenset(stem for word in STOP_WORDS for stem in stems(word))


def judged(sentence: str, *evidence: str) -> Verdict:
    return judge(sentence, range(len(evidence)), evidence, stems=stems, ignored=IGNORED)


CONTRADICTED = [
    # Numbers, units, magnitudes
    ("The bridge cost 9.4 billion crowns.", "The bridge cost 9.4 million crowns."),
    ("The bridge cost 94 million crowns.", "The bridge cost 9.4 million crowns."),
    ("The path is 14 miles long.", "The path is 14 kilometres long."),
    ("The fee rose by 14 dollars.", "The fee rose by 14 percent."),
    ("The choir has twelve members.", "The choir has 21 members."),
    ("Three boats and five nets were lost.", "Five boats and three nets were lost."),
    ("Two thirds of the 300 seals were counted in 1999.", "Two thirds of the 300 seals were counted in 1989."),
    ("Die Brücke kostete 9,5 Millionen Kronen.", "Die Brücke kostete 9,4 Millionen Kronen."),
    ("Le pont a coûté deux millions de couronnes.", "Le pont a coûté trois millions de couronnes."),
    ("El puente costó tres millones de coronas.", "El puente costó dos millones de coronas."),
    # Dates
    ("The port opened on 13 May 1998.", "The port opened on May 12, 1998."),
    ("The port opened on 12 May 1998.", "The port opened on 12 June 1998 and closed on 3 May 2001."),
    ("The port opened on 12 May 1998.", "The port opened on 1998-06-12."),
    ("The vote was held on Monday.", "The vote was held on Tuesday."),
    ("Der Hafen wurde am 12. Mai 1998 eröffnet.", "Der Hafen wurde am 12. Juni 1998 eröffnet."),
    # Names and parts
    ("Norvik Dairy sued Halden Bank in March.", "Halden Bank sued Norvik Dairy in March."),
    ("Norvik Dairy was sued by Halden Bank.", "Halden Bank was sued by Norvik Dairy."),
    ("Norvik was sued by Halden over the loan.", "Norvik sued Halden over the loan."),
    ("Otto Tarkan opened the port.", "Ilse Tarkan opened the port. Otto Brandt was her guest."),
    ("The union met Skarnes in Velmora.", "The union met Tarkan in Velmora. Skarnes stayed away."),
    # Negations
    ("The council no longer pays the skippers.", "The council pays the skippers."),
    ("The council failed to pay the skippers.", "The council paid the skippers."),
    ("The council refused to pay the skippers.", "The council agreed to pay the skippers."),
    ("The council paid the skippers.", "The council refused to pay the skippers."),
    ("The council paid the skippers.", "The council never paid the skippers."),
    ("The council can pay the skippers.", "The council cannot pay the skippers."),
    ("The boat left with its crew.", "The boat left without its crew."),
    ("The road is still open to lorries.", "The road is no longer open to lorries."),
    ("Der Rat hat die Fischer bezahlt.", "Der Rat hat die Fischer nie bezahlt."),
    ("Le conseil a payé les pêcheurs.", "Le conseil n’a jamais payé les pêcheurs."),
    ("El consejo nunca pagó a los pescadores.", "El consejo pagó a los pescadores."),
    # Opposites and quantities
    ("Norvik Dairy made a profit of 3 million crowns.", "Norvik Dairy made a loss of 3 million crowns."),
    ("Prices fell sharply in spring.", "Prices rose sharply in spring."),
    ("The mayor spoke before the vote.", "The mayor spoke after the vote."),
    ("More skippers came than in 2001.", "Fewer skippers came than in 2001."),
    ("The council rejected the plan.", "The council accepted the plan."),
    ("It was the last bridge over the river.", "It was the first bridge over the river."),
    ("All boats pay the fee.", "Some boats pay the fee."),
    ("The catch is illegal in winter.", "The catch is legal in winter."),
    ("The well-known pier is unsafe.", "The well-known pier is safe."),
    ('Tarkan called it "a disloyal offer" on radio.', 'Tarkan called it "a loyal offer" on radio.'),
]
CARRIED = [
    ("The bridge cost 9,400,000 crowns.", "The bridge cost 9.4 million crowns."),
    ("The fee rose by 14%.", "The fee rose by 14 percent."),
    ("The choir has 21 members.", "The choir has twenty-one members."),
    ("The stone weighs 1200 kg.", "The stone weighs 1,200 kilograms."),
    ("Die Insel hat 1200 Einwohner.", "Die Insel hat 1.200 Einwohner."),
    ("Le phare compte 1200 marches.", "Le phare compte 1 200 marches."),
    ("The port opened on 12 May 1998.", "The port opened on May 12, 1998."),
    ("The port opened on May 12th, 1998.", "The port opened on 1998-05-12."),
    ("The port opened in May 1998.", "The port opened on 12 May 1998."),
    ("Norvik Dairy was sued by Halden Bank.", "Halden Bank sued Norvik Dairy."),
    ("In March, Halden Bank sued Norvik Dairy.", "Halden Bank sued Norvik Dairy in March."),
    ("The council didn’t pay the skippers.", "The council did not pay the skippers."),
    ("The council did not fail to pay the skippers.", "The council paid the skippers."),
    ("Prices did not fall in spring.", "Prices rose in spring."),
    ("Some boats pay the fee.", "All boats pay the fee."),
    ("The council raised the fees.", "The council increased the fees."),
    ("The fees of the U.S. port rose.", "The fees of the US port rose."),
    ("The mayor opened the port.", "The mayor, who had not slept, opened the port."),
    ("Dr. Tarkan opened the port of St. Velm.", "The port of St. Velm was opened by Dr. Tarkan."),
    ("The Coast Network was funded by Norvik.", "The Coast Network (CONET) was funded by Norvik."),
]


@pytest.mark.parametrize(("sentence", "evidence"), CONTRADICTED)
def test_what_the_evidence_contradicts_carries_no_citation(sentence: str, evidence: str) -> None:
    assert judged(sentence, evidence) == Verdict(Support.UNSUPPORTED, ())
    assert judged(evidence, evidence).support is Support.SUPPORTED


@pytest.mark.parametrize(("sentence", "evidence"), CARRIED)
def test_what_only_sounds_different_is_carried(sentence: str, evidence: str) -> None:
    assert judged(sentence, evidence).support is not Support.UNSUPPORTED


def test_what_one_text_contradicts_is_not_carried_by_another_that_says_less() -> None:
    evidence = ("The port of Velmora did not raise its fees in January.", "The fees of Velmora. January is cold.")
    assert judged("The port of Velmora raised its fees in January.", *evidence) == Verdict(Support.UNSUPPORTED, ())


def test_a_sentence_that_denies_without_end_is_not_carried() -> None:
    assert judged("The port did " + "not " * 900 + "close.", "The port did not close.") == Verdict(
        Support.UNSUPPORTED, ()
    )


def test_of_articles_that_contradict_each_other_the_one_that_says_it_carries_it() -> None:
    evidence = ("The port will raise its fees.", "The port will not raise its fees.")
    assert judged(evidence[0], *evidence) == Verdict(Support.SUPPORTED, (0,))
    assert judged(evidence[1], *evidence) == Verdict(Support.SUPPORTED, (1,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rose", "declining"),
        ("legal", "illegal"),
        ("employer", "employees"),
        ("harmful", "harmless"),
        ("won", "losing"),
    ],
)
def test_opposites_are_known_by_the_lexicon_and_by_their_form_in_every_inflection(one: str, other: str) -> None:
    assert are_opposites(one, other)
    assert are_opposites(other, one)


@pytest.mark.parametrize(("one", "other"), [("rose", "rises"), ("import", "port"), ("increase", "crease"), ("", "not")])
def test_words_of_one_root_or_of_none_are_no_opposites(one: str, other: str) -> None:
    assert not are_opposites(one, other)
    assert not are_opposites(other, one)


def test_words_of_one_side_are_alike_and_all_is_more_than_some() -> None:
    assert are_alike("soared", "rise")
    assert not are_alike("soared", "fell")
    assert claims_too_much("every", "most")
    assert not claims_too_much("most", "every")


SUBJECTS = st.sampled_from(["The council", "The mayor of Velmora", "Halden Bank", "A skipper", "Norvik Dairy"])
VERBS = st.sampled_from(["repaired", "sold", "counted", "painted", "inspected", "ordered"])
THINGS = st.sampled_from(["boats", "lighthouses", "barrels of salt", "harbour cranes", "wooden huts"])
PLACES = st.sampled_from(["in the northern harbour", "near the old mill", "for the summer market", "with a small crew"])
NUMBERS = st.integers(2, 999)
OTHERS = st.lists(
    st.sampled_from(["Seals swim near the pier.", "The union met on a hill.", "Nobody came."]), max_size=4
)


@given(SUBJECTS, VERBS, NUMBERS, THINGS, PLACES, OTHERS)
def test_an_exact_sentence_of_the_evidence_is_always_supported(
    subject: str, verb: str, number: int, thing: str, place: str, others: list[str]
) -> None:
    sentence = f"{subject} {verb} {number} {thing} {place}."
    evidence = " ".join([*others, sentence, *others])
    assert judged(sentence, evidence) == Verdict(Support.SUPPORTED, (0,))
    assert judge(sentence, [], [*others, evidence], stems=stems, ignored=IGNORED).support is Support.SUPPORTED


@given(st.text(), st.text())
def test_any_line_of_any_text_is_supported_when_it_has_words(before: str, line: str) -> None:
    sentence = " ".join(line.split())
    assume(any(stem not in IGNORED for stem in stems(sentence)))
    assert judged(sentence, sentence).support is Support.SUPPORTED
    assert judged(before, sentence) == judged(before, sentence)


@given(SUBJECTS, VERBS, NUMBERS, NUMBERS, THINGS, PLACES, OTHERS)
def test_another_number_is_always_caught(
    subject: str, verb: str, number: int, other: int, thing: str, place: str, others: list[str]
) -> None:
    assume(number != other)
    true, false = (f"{subject} {verb} {value} {thing} {place}." for value in (number, other))
    assert judged(false, *others, true) == Verdict(Support.UNSUPPORTED, ())


@given(SUBJECTS, VERBS, THINGS, PLACES, st.sampled_from(["has", "had", "will have", "could have"]), OTHERS)
def test_a_not_more_or_less_is_always_caught(
    subject: str, verb: str, thing: str, place: str, auxiliary: str, others: list[str]
) -> None:
    first, _, rest = auxiliary.partition(" ")
    affirmed = f"{subject} {auxiliary} {verb} the {thing} {place}."
    denied = f"{subject} {first} not {rest} {verb} the {thing} {place}."
    assert judged(denied, *others, affirmed) == Verdict(Support.UNSUPPORTED, ())
    assert judged(affirmed, *others, denied) == Verdict(Support.UNSUPPORTED, ())


@given(st.permutations(["Norvik", "Halden", "Velmora", "Skarnes"]), VERBS, THINGS)
def test_names_in_each_others_place_are_always_caught(names: list[str], verb: str, thing: str) -> None:
    one, other, *_ = names
    true, false = (f"{first} {verb} the {thing} of {second}." for first, second in ((one, other), (other, one)))
    assert judged(false, true) == Verdict(Support.UNSUPPORTED, ())
