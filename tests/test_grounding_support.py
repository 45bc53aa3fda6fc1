from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import Verdict, judge
from articleqa.library import STOP_WORDS, stems
from articleqa.types import Support

IGNORED = frozenset(stem for word in STOP_WORDS for stem in stems(word))

HARBOUR = (
    "Velmora raises its harbour fees, Halden Courier. The port of Velmora will raise its harbour fees by 14 percent in "
    "January, mayor Ilse Tarkan said on Thursday."
)
REPAIRS = "The breakwater, Halden Courier. Repairs cost 9.4 million crowns. They are to be finished within two years."
UNION = "Exemptions, Halden Courier. The skippers' union had asked for it, and the council did not grant the exemption."
DAIRY = "Norvik Dairy reports, The Ledger. Norvik Dairy made a loss of 3.2 million crowns last year."
ALL = (HARBOUR, REPAIRS, UNION, DAIRY)


def judged(sentence: str, *cited: int, evidence: tuple[str, ...] = ALL) -> Verdict:
    return judge(sentence, cited, evidence, stems=stems, ignored=IGNORED)


UNSUPPORTED = Verdict(Support.UNSUPPORTED, ())


# What is carried


@pytest.mark.parametrize(
    ("sentence", "cited", "carried_by"),
    [
        ("The port of Velmora will raise its harbour fees by 14 percent in January.", [0], (0,)),
        ("The port will raise the harbour fees in Velmora by 14 percent.", [0], (0,)),
        ("According to the article, Velmora raises its harbour fees.", [0], (0,)),
        ("Harbour fees will be raised in January by the port of Velmora.", [0], (0,)),
        ("In January, the port of Velmora will raise its harbour fees.", [0], (0,)),
        ("Repairs of the breakwater cost 9.4 million crowns.", [1], (1,)),
        ("Repairs are to be finished within 2 years.", [1], (1,)),
        ("The council did not grant the exemption.", [2], (2,)),
        ("The council didn't grant the exemption.", [2], (2,)),
    ],
)
def test_what_the_evidence_says_is_supported(sentence: str, cited: list[int], carried_by: tuple[int, ...]) -> None:
    assert judged(sentence, *cited) == Verdict(Support.SUPPORTED, carried_by)


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        # Who did what
        ("Porter developed the indicator.", "The indicator was developed for Porter by Richard."),
        ("Richard developed Porter.", "The indicator was developed for Porter by Richard."),
        ("The union asked the council.", "The council asked the union."),
        ("The storm allowed the repairs.", "The repairs were made because of the storm."),
        # What a word was told of
        ("Education leads to lower incomes.", "A lack of education leads to lower incomes."),
        ("The crew landed on the reef.", "The crew failed to land on the reef."),
        ("The crew landed on the reef.", "The mayor believes that the crew landed on the reef."),
        ("The crew sold the boat.", "It is said that the crew left, and that the crew sold the boat."),
        # Who it is told of
        ("The harbour used a simple lever.", "The harbour. Safety valves used a simple lever."),
        ("The ferry sails on Monday and returns empty.", "The ferry sails on Monday. The captain returns empty."),
        # What a list belongs to
        (
            "The dairy, which has two farms, a mill and a bakery.",
            "The dairy (which has two farms), a mill and a bakery.",
        ),
        # What happens
        ("The river runs through Velmora.", "Near Velmora, the river changes."),
        ("The skippers left the harbour in 1962.", "The skippers founded the harbour in 1962."),
    ],
)
def test_words_in_another_order_or_company_do_not_support_a_sentence_fully(sentence: str, evidence: str) -> None:
    assert judged(sentence, 0, evidence=(evidence,)).support is not Support.SUPPORTED


@pytest.mark.parametrize(
    ("question", "sentence", "support"),
    [
        ("Which of the three ports has the least ships?", "The port of Velmora, with 90 ships.", Support.PARTLY),
        ("Which of the three ports has 90 ships?", "The port of Velmora, with 90 ships.", Support.SUPPORTED),
        ("Which port has the most ships?", "The port of Velmora.", Support.SUPPORTED),
        ("Is the port of Velmora one of the three?", "The port of Velmora.", Support.PARTLY),
        ("How many ships has the port of Velmora?", "90", Support.SUPPORTED),
        ("How many skippers has the port of Velmora?", "90", Support.PARTLY),
        ("Which port of Aldmark burned?", "The port of Velmora.", Support.PARTLY),
        # What is a whole sentence says what it says, whatever was asked.
        ("Which of the three ports has the least ships?", "The port of Velmora has 90 ships.", Support.SUPPORTED),
        ("", "The port of Velmora.", Support.SUPPORTED),
    ],
)
def test_words_without_a_verb_are_judged_with_the_question(question: str, sentence: str, support: Support) -> None:
    evidence = ("The port of Velmora has 90 ships; of the three, with 90 ships, it has the most.",)
    assert judge(sentence, (), evidence, stems=stems, question=question, ignored=IGNORED).support is support


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("Richard developed the indicator.", "The indicator was developed for Porter by Richard."),
        ("The indicator was developed by Richard.", "In 1962, Richard developed the indicator."),
        ("The mill burned because the roof was dry.", "Because the roof was dry, the mill burned."),
        ("The mill of Velmora burned.", "The mill, the oldest house in Velmora, burned."),
        ("Velmora’s mill burned.", "The mill in Velmora burned."),
        ("The dairy owns a mill and a bakery.", "The dairy (which has two farms) owns a mill and a bakery."),
        ("The tower is 41 metres high.", "The tower. The tower of Skarby is 41 metres high."),
        ("The mill can grind rye.", "The mill is able to grind rye."),
        ("The mill was built in 1902 by a widow.", "The mill. After the war, it was built in 1902 by a widow."),
        ("The mill burned.", "The mill burned, as the council said on Friday."),
    ],
)
def test_what_is_left_out_or_moved_without_harm_is_supported(sentence: str, evidence: str) -> None:
    assert judged(sentence, 0, evidence=(evidence,)).support is Support.SUPPORTED


def test_what_never_ends_is_no_sentence() -> None:
    words = " ".join(f"ship{number}x" for number in range(300))
    verdict = judged(f"The port has {words}.", 0, evidence=(f"The port of Velmora has {words}.",))
    assert verdict == Verdict(Support.PARTLY, (0,))


def test_a_paraphrase_is_supported_in_part_at_most() -> None:
    verdict = judged("Velmora makes its harbour dearer by 14 percent, a politician announced.", 0)
    assert verdict.support is not Support.SUPPORTED


def test_two_quotes_may_carry_a_sentence_together() -> None:
    sentence = (
        "Velmora will raise its harbour fees by 14 percent, and repairs of the breakwater cost 9.4 million crowns."
    )
    assert judged(sentence, 0) == UNSUPPORTED
    assert judged(sentence, 0, 1) == Verdict(Support.SUPPORTED, (0, 1))


def test_a_name_with_its_genitive_is_the_name() -> None:
    evidence = ("Ilse Tarkan's plan for the breakwater costs 9 million crowns.",)
    assert judged("Tarkan’s plan costs 9 million crowns.", 0, evidence=evidence).support is Support.SUPPORTED
    evidence = ("The breakwater of Ilse Tarkan costs 9 million crowns.",)
    assert judged("Tarkan’s breakwater costs 9 million crowns.", 0, evidence=evidence).support is Support.SUPPORTED


def test_the_word_that_opens_a_sentence_may_be_inflected() -> None:
    evidence = ("Each skipper asked the mayor for an exemption.",)
    assert judged("Skippers asked the mayor for an exemption.", 0, evidence=evidence).support is Support.SUPPORTED


def test_numbers_may_be_written_out() -> None:
    evidence = ("The walk takes twenty-four hours, with one break and 1,200 steps.",)
    for sentence in ("The walk takes 24 hours.", "The walk takes 24 hours with 1 break.", "The walk takes 1200 steps."):
        assert judged(sentence, 0, evidence=evidence).support is Support.SUPPORTED, sentence


# What is not


@pytest.mark.parametrize(
    "sentence",
    [
        "Velmora will raise its harbour fees by 15 percent in January.",
        "Velmora will raise its harbour fees by 1.4 percent in January.",
        "Velmora will raise its harbour fees by fourteen hundred percent in January.",
        "Velmora will raise its harbour fees by 14 percent in January 2025.",
        "Velmora will raise two harbour fees by 14 percent in January.",
        "Velmora will raise its second harbour fees by 14 percent in January.",
    ],
)
def test_a_changed_number_is_unsupported(sentence: str) -> None:
    assert judged(sentence, 0) == UNSUPPORTED


def test_a_changed_magnitude_is_unsupported() -> None:
    assert judged("Repairs of the breakwater cost 9.4 billion crowns.", 1) == UNSUPPORTED
    assert judged("Repairs of the breakwater cost 9.4 thousand crowns.", 1) == UNSUPPORTED


def test_part_of_a_number_is_another_number() -> None:
    evidence = ("The walk takes twenty-four hours.",)
    assert judged("The walk takes twenty hours.", 0, evidence=evidence) == UNSUPPORTED
    assert judged("The walk takes 4 hours.", 0, evidence=evidence) == UNSUPPORTED


@pytest.mark.parametrize(
    "sentence",
    [
        "The port of Skarnes will raise its harbour fees by 14 percent in January.",
        "The port of Velmora will raise its harbour fees by 14 percent in March.",
        "Mayor Ilse Brandt said on Thursday that the port of Velmora will raise its harbour fees.",
        "Skarnes will raise its harbour fees by 14 percent in January.",
        "The port of Østby will raise its harbour fees by 14 percent in January.",
    ],
)
def test_a_swapped_name_is_unsupported(sentence: str) -> None:
    assert judged(sentence, 0) == UNSUPPORTED


@pytest.mark.parametrize(
    "sentence",
    [
        "The port of Velmora will not raise its harbour fees by 14 percent in January.",
        "The port of Velmora won't raise its harbour fees by 14 percent in January.",
        "The port of Velmora will never raise its harbour fees by 14 percent in January.",
        "The mayor Ilse Tarkan denied that the port of Velmora will raise its harbour fees by 14 percent.",
    ],
)
def test_an_added_negation_is_unsupported(sentence: str) -> None:
    assert judged(sentence, 0) == UNSUPPORTED


def test_a_negation_of_something_else_does_not_carry_an_added_one() -> None:
    evidence = ("The mayor raised the harbour fees. Boats shorter than eight metres do not pay anything.",)
    assert judged("The mayor did not raise the harbour fees.", 0, evidence=evidence) == UNSUPPORTED
    assert judged("The mayor did not raise the harbour fees.", 0, 1, evidence=(HARBOUR, UNION)) == UNSUPPORTED


def test_a_dropped_negation_is_never_supported() -> None:
    for sentence in ("The council granted the exemption.", "The council did grant the exemption to the union."):
        assert judged(sentence, 2).support is not Support.SUPPORTED


def test_a_negation_in_another_sentence_of_the_evidence_is_no_fault() -> None:
    evidence = ("Nothing new in Velmora. The mayor raised the harbour fees. Small boats do not pay anything.",)
    assert judged("The mayor raised the harbour fees.", 0, evidence=evidence).support is Support.SUPPORTED


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("Die Strecke ist nicht elf Kilometer lang.", "Die Strecke ist elf Kilometer lang."),
        ("Es gibt keine Strecke von elf Kilometern.", "Es gibt eine Strecke von elf Kilometern."),
        ("Le maire n'a pas fermé le port.", "Le maire a fermé le port."),
        ("Le maire ne ferme jamais le port.", "Le maire ferme le port."),
    ],
)
def test_a_negation_is_known_in_german_and_french(sentence: str, evidence: str) -> None:
    assert judged(sentence, 0, evidence=(evidence,)) == UNSUPPORTED
    assert judged(evidence, 0, evidence=(evidence,)) == Verdict(Support.SUPPORTED, (0,))


@pytest.mark.parametrize(
    "sentence", ["The moon is made of cheese.", "Is it so?", "It is so.", "...", "", "1", "Velmora"]
)
def test_what_the_evidence_does_not_say_is_unsupported(sentence: str) -> None:
    assert judged(sentence, 3) == UNSUPPORTED or sentence == "Velmora"
    assert judged(sentence, evidence=()) == UNSUPPORTED
    assert judged(sentence, 0, 1, evidence=()) == UNSUPPORTED


# Which evidence carries it


@pytest.mark.parametrize("invented", [[99], [-1], [4], [99, -7, 4]])
def test_an_invented_citation_is_dropped(invented: list[int]) -> None:
    sentence = "Repairs of the breakwater cost 9.4 million crowns."
    assert judged(sentence, *invented, 1) == Verdict(Support.SUPPORTED, (1,))
    assert judged(sentence, *invented) == Verdict(Support.SUPPORTED, (1,))
    assert judged("The moon is made of cheese.", *invented) == UNSUPPORTED


def test_a_citation_of_the_wrong_quote_is_put_right() -> None:
    assert judged("Repairs of the breakwater cost 9.4 million crowns.", 3) == Verdict(Support.SUPPORTED, (1,))


def test_a_citation_that_carries_nothing_is_left_out() -> None:
    assert judged("Repairs of the breakwater cost 9.4 million crowns.", 3, 1, 0) == Verdict(Support.SUPPORTED, (1,))


def test_a_sentence_without_citation_is_tied_to_what_carries_it() -> None:
    assert judged("Norvik Dairy made a loss of 3.2 million crowns.") == Verdict(Support.SUPPORTED, (3,))


def test_of_several_the_one_that_supports_fully_is_chosen() -> None:
    doubtful = "The council of Velmora spoke for an hour about the harbour."
    plain = "The council raised the harbour fees in Velmora."
    verdict = judged("The council raised the harbour fees in Velmora.", evidence=(doubtful, plain))
    assert verdict == Verdict(Support.SUPPORTED, (1,))


def test_a_sentence_that_nothing_carries_is_left_without_citation() -> None:
    assert judged("Norvik Dairy will open a second cheese shop.") == UNSUPPORTED
    assert judged("Seals swim near the harbour because they like the music of the skippers there.", 0) == UNSUPPORTED


def test_citations_stay_in_the_order_in_which_they_were_given_and_are_named_once() -> None:
    sentence = (
        "Velmora will raise its harbour fees by 14 percent, and repairs of the breakwater cost 9.4 million crowns."
    )
    assert judged(sentence, 1, 0, 1).evidence == (1, 0)


WORDS = st.sampled_from(
    "Velmora Tarkan fees raise not no 14 15 percent the said harbour two 9.4 million Øst n't . ?".split()
)
TEXTS = st.one_of(st.lists(WORDS, max_size=12).map(" ".join), st.text(max_size=40))


@given(sentence=TEXTS, cited=st.lists(st.integers(-3, 12), max_size=6), evidence=st.lists(TEXTS, max_size=4))
def test_a_verdict_names_real_evidence_and_none_where_it_is_unsupported(
    sentence: str, cited: list[int], evidence: list[str]
) -> None:
    verdict = judge(sentence, cited, evidence, stems=stems, ignored=IGNORED)
    assert set(verdict.evidence) <= set(range(len(evidence)))
    assert len(set(verdict.evidence)) == len(verdict.evidence)
    assert bool(verdict.evidence) == (verdict.support is not Support.UNSUPPORTED)


@given(evidence=st.lists(WORDS.filter(str.isalpha), max_size=12).map(" ".join), other=st.lists(TEXTS, max_size=3))
def test_the_words_of_the_evidence_itself_are_supported(evidence: str, other: list[str]) -> None:
    words = {stem for stem in stems(evidence) if stem not in IGNORED}
    verdict = judge(evidence, [0], [evidence, *other], stems=stems, ignored=IGNORED)
    assert verdict == (Verdict(Support.SUPPORTED, (0,)) if words else UNSUPPORTED)


# Meaning


@pytest.mark.parametrize(
    ("sentence", "cosine", "support"),
    [
        # Two of its seven words are there.
        ("Docking boats in Velmora soon becomes noticeably dearer.", 0.9, Support.PARTLY),
        ("Docking boats in Velmora soon becomes noticeably dearer.", 0.6, Support.UNSUPPORTED),
        # What has none of the words is about something else, and what is contradicted stays so.
        ("Cider matures slowly underground.", 0.9, Support.UNSUPPORTED),
        ("Docking boats in Velmora soon becomes 15 percent dearer.", 0.9, Support.UNSUPPORTED),
        ("The port of Velmora will raise its harbour fees by 14 percent.", 0.0, Support.SUPPORTED),
    ],
)
def test_evidence_in_other_words_carries_a_sentence_partly(sentence: str, cosine: float, support: Support) -> None:
    evidence = "The port of Velmora will raise its harbour fees for boats by 14 percent."
    asked: list[str] = []

    def alike(texts: Sequence[str], said: str) -> list[float]:
        assert said == sentence
        asked.extend(texts)
        return [cosine] * len(texts)

    verdict = judge(sentence, [1], ["Gulls.", evidence], stems=stems, ignored=IGNORED, alike=alike)
    assert verdict == Verdict(support, () if support is Support.UNSUPPORTED else (1,))
    # Nobody looks for meaning where the words decide, or in what was not cited.
    assert set(asked) <= {evidence}
    assert judge(sentence, [], ["Gulls.", evidence], stems=stems, ignored=IGNORED, alike=alike).support in (
        Support.SUPPORTED,
        Support.UNSUPPORTED,
    )
