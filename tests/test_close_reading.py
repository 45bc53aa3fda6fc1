"""A reader beside the words: what it reads, what it moves up, and the short answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import answer_of, followed
from articleqa import Answer, Article, Assistant, InvalidInput, ReaderError, Settings
from articleqa.grounding import Candidate, Evidence, Pointed, Ranked, answering, pointed, reordered, reranked, windows
from articleqa.grounding.close_reading import LONGEST_SHORT, OTHER_FROM, SHORT_FROM, WINDOW_LENGTH, WINDOWS, wants_span
from articleqa.library import stems
from articleqa.types import Encoder, Outcome, Passage, Reading
from articles import DAIRY, HARBOUR
from conftest import OpenAssistant
from extractive import write_pretrained
from pointing import PointingReader
from scripted import ScriptedModel


@pytest.fixture
def asked(all_articles: Path, encoder: Encoder) -> Iterator[Assistant]:
    """An assistant whose reader looks for a few things."""
    reader = PointingReader("3.2 million crowns", "14 percent", "9.4 million crowns")
    with Assistant.open(Settings(index=all_articles), encoder=encoder, reader=reader) as opened:
        yield opened


def test_a_sure_span_of_the_first_quote_is_the_short_answer(asked: Assistant) -> None:
    answer = asked.ask("By how much does Velmora raise its harbour fees?")
    assert answer.short == "14 percent"
    assert answer.short in answer.citations[0].quote
    assert answer.text.startswith("14 percent\n\n" + answer.citations[0].quote)
    assert [sentence.text for sentence in answer.sentences] == [citation.quote for citation in answer.citations]


def test_what_articles_answer_differently_is_told_with_its_sources(assistant: OpenAssistant) -> None:
    opened = assistant(reader=PointingReader("Ada Brook", "Lars Holm"), abstain_below=0)
    opened.add(
        Article(id="mill", title="The mill", text="The roof of the mill by the river was mended by Ada Brook in May."),
        Article(id="news", title="The mill", text="The old mill by the river has a roof that Lars Holm had mended."),
    )
    answer = opened.ask("Who mended the roof of the mill by the river?")
    assert sorted(span.text for span in answer.spans) == ["Ada Brook", "Lars Holm"]
    assert answer.short == answer.spans[0].text
    for span in answer.spans:
        citation = answer.citations[span.number - 1]
        assert citation.number == span.number
        assert opened.article(citation.article_id).text[span.start : span.end] == span.text
        assert citation.start <= span.start < span.end <= citation.end
    assert answer.text.startswith("; ".join(f"{span.text} [{span.number}]" for span in answer.spans) + "\n\n")


def test_without_a_sure_span_the_quotes_stand_alone(asked: Assistant) -> None:
    answer = asked.ask("Who is Petra Solvang?")
    assert answer.answered
    assert answer.short is None
    assert answer.text.startswith(answer.citations[0].quote)


@pytest.mark.parametrize(
    "question",
    ["Why does Velmora raise its harbour fees?", "Does Velmora raise its harbour fees?", "How did Velmora do it?"],
)
def test_what_no_span_answers_has_no_short_answer(asked: Assistant, question: str) -> None:
    assert not wants_span(question)
    assert asked.ask(question).short is None


@pytest.mark.parametrize(
    "question", ["How many ships came?", "Is it a mill or a dairy?", "Who did it?", "How heavy is the anchor?"]
)
def test_what_a_span_may_answer(question: str) -> None:
    assert wants_span(question)


def test_a_question_of_several_parts_has_no_single_span(asked: Assistant) -> None:
    answer = asked.ask("By how much does Velmora raise its harbour fees, and who is Petra Solvang?")
    assert answer.answered
    assert answer.short is None


def test_quotes_are_there_before_the_reader_has_read(all_articles: Path, encoder: Encoder) -> None:
    reader = PointingReader("14 percent")
    with Assistant.open(Settings(index=all_articles), encoder=encoder, reader=reader) as opened:
        stream = opened.stream("By how much does Velmora raise its harbour fees?")
        seen = [(type(event).__name__, len(reader.read_passages)) for event in stream]
    assert [name for name, _ in seen][:2] == ["Retrieved", "Quotes"]
    assert seen[1][1] == 0
    assert seen[2][1] > 0


@pytest.mark.parametrize("words", ["Ada Brook", "Lars Holm"])
def test_the_reader_moves_the_sentence_up_in_which_its_span_is(assistant: OpenAssistant, words: str) -> None:
    opened = assistant(reader=PointingReader(words), abstain_below=0)
    opened.add(
        Article(id="mill", title="The house", text="The roof of the house by the river was mended by Ada Brook."),
        Article(id="barn", title="The house", text="The door of the house by the forest was mended by Lars Holm."),
    )
    answer = opened.ask("Who mended it at the house?")
    assert answer.short == words
    assert words in answer.citations[0].quote
    assert answer.passages[0].article_id == answer.citations[0].article_id


def test_a_language_model_that_says_what_the_reader_found_leads_with_nothing_else(
    all_articles: Path, encoder: Encoder
) -> None:
    answer = composed(all_articles, encoder, "Velmora will raise its harbour fees by 14 percent [1].")
    assert answer.short == "14 percent"
    assert answer.notes == ()
    assert answer.text.startswith("Velmora will raise")


def test_a_language_model_that_says_something_else_is_contradicted_by_a_note(
    all_articles: Path, encoder: Encoder
) -> None:
    answer = composed(all_articles, encoder, "The port of Velmora will raise its harbour fees in January [1].")
    assert answer.answered
    assert answer.short is None
    assert answer.notes == ("The quotes may answer otherwise: “14 percent”.",)


def composed(all_articles: Path, encoder: Encoder, text: str) -> Answer:
    reader, model = PointingReader("14 percent"), ScriptedModel(text)
    with Assistant.open(
        Settings(index=all_articles, answer_cache=0), encoder=encoder, reader=reader, llm=model
    ) as opened:
        events = followed(opened, opened.stream("By how much does Velmora raise its harbour fees?"))
    return answer_of(events)


def test_a_reader_that_gives_too_few_readings_is_one_clear_line(all_articles: Path, encoder: Encoder) -> None:
    class Lazy(PointingReader):
        def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
            return super().read(question, passages)[1:]

    with (
        Assistant.open(Settings(index=all_articles), encoder=encoder, reader=Lazy()) as opened,
        pytest.raises(InvalidInput, match="it must give one for each"),
    ):
        opened.ask("By how much does Velmora raise its harbour fees?")


def test_the_settings_name_the_reader(assistant: OpenAssistant, tmp_path: Path) -> None:
    write_pretrained(tmp_path / "model")
    opened = assistant(reader=str(tmp_path / "model"), abstain_below=0)
    opened.add(HARBOUR, DAIRY)
    answer = opened.ask("By how much does Velmora raise its harbour fees?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.citations
    nowhere = assistant(reader=str(tmp_path / "nowhere"))
    with pytest.raises(ReaderError, match="name an extractive question-answering model"):
        nowhere.ask("By how much does Velmora raise its harbour fees?")


def test_a_hostile_article_gives_no_more_than_its_own_words(assistant: OpenAssistant) -> None:
    words = "<script>14 percent</script>"
    opened = assistant(reader=PointingReader(words))
    opened.add(Article(id="evil", title="Fees of Velmora", text=f"The port of Velmora raises its fees by {words} now."))
    answer = opened.ask("By how much does the port of Velmora raise its fees?")
    assert answer.short == words
    assert words in answer.citations[0].quote


# The policy itself


def stretch(*lengths: int, number: int = 1, rank: int = 0) -> list[Candidate]:
    """A passage of sentences of such lengths, as candidates."""
    texts = ["x" * (length - 1) + "." for length in lengths]
    text = " ".join(texts)
    whole = Passage(number, f"a{number}", 1, "A title", None, None, 100, 100 + len(text), text, 1.0)
    candidates, start = [], 100
    for place, each in enumerate(texts):
        empty: frozenset[str] = frozenset()
        candidates.append(Candidate(whole, rank, place, start, start + len(each), each, empty, empty, empty))
        start += len(each) + 1
    return candidates


def ranked(candidates: Sequence[Candidate]) -> list[Ranked]:
    return [Ranked(candidate, 1.0 - place / 100, None, 0.0) for place, candidate in enumerate(candidates)]


@given(
    lengths=st.lists(st.lists(st.integers(1, 400), min_size=1, max_size=8), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_windows_are_whole_sentences_of_the_best_few_passages(lengths: list[list[int]], order: object) -> None:
    candidates = [each for number, some in enumerate(lengths) for each in stretch(*some, number=number, rank=number)]
    shuffled = list(candidates)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    found = windows(ranked(shuffled), candidates)
    best = {candidate.passage.id: candidate for candidate in reversed(shuffled)}
    assert len(found) == min(len(lengths), WINDOWS)
    assert len({window.id for window in found}) == len(found)
    for window in found:
        passage = best[window.id].passage
        assert passage.text[window.start - passage.start : window.end - passage.start] == window.text
        assert window.start <= best[window.id].start < best[window.id].end <= window.end
        assert len(window.text) <= max(WINDOW_LENGTH, len(best[window.id].text))
        assert window.start in {each.start for each in candidates if each.passage.id == window.id}
        assert window.end in {each.end for each in candidates if each.passage.id == window.id}


def test_a_window_takes_what_stands_before_first() -> None:
    length = WINDOW_LENGTH // 2 - 10
    candidates = stretch(length, length, length)
    (window,) = windows(ranked([candidates[1]]), candidates)
    assert (window.start, window.end) == (candidates[0].start, candidates[1].end)


def test_a_reading_without_words_points_nowhere() -> None:
    (candidate,) = stretch(40)
    assert pointed([Reading(candidate.passage, 0, 0, "", -100.0, 1.0)]) == []
    assert reranked("Who is it?", ranked([candidate]), []) == ranked([candidate])
    assert reordered([candidate.passage], []) == (candidate.passage,)
    assert answering("Who is it?", [evidence(candidate)], [], stems=stems) == {}
    assert answering("Who is it?", [], [], stems=stems) == {}


def evidence(candidate: Candidate) -> Evidence:
    return Evidence(candidate.passage, candidate.start, candidate.end, candidate.text, frozenset(), 1.0)


def telling(number: int, words: str, sureness: float) -> tuple[Evidence, Pointed]:
    """A quote of a passage of its own, and what a reader points at in it."""
    text = f"It was {words}."
    passage = Passage(number, f"a{number}", 1, "A title", None, None, 0, len(text), text, 1.0)
    quote = Evidence(passage, 0, len(text), text, frozenset(), 1.0)
    return quote, Pointed(passage, 7, 7 + len(words), words, sureness)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([("Ada Brook", SHORT_FROM)], ["Ada Brook"]),
        ([("Ada Brook", SHORT_FROM - 0.01)], []),
        ([("A" * LONGEST_SHORT, 1.0)], ["A" * LONGEST_SHORT]),
        ([("A" * (LONGEST_SHORT + 1), 1.0)], []),
        ([("Ada Brook", 0.9), ("Lars Holm", OTHER_FROM)], ["Ada Brook", "Lars Holm"]),
        ([("Ada Brook", 0.9), ("Lars Holm", OTHER_FROM - 0.01)], ["Ada Brook"]),
        ([("Ada Brook", SHORT_FROM - 0.01), ("Lars Holm", 0.99)], []),
        (
            [("Ada Brook", 0.9), ("Brook", 0.99), ("the late Ada Brook", 0.99), ("Lars Holm", 0.99)],
            ["Ada Brook", "Lars Holm"],
        ),
        ([("14 percent", 0.9), ("14 percent", 0.9)], ["14 percent"]),
    ],
)
def test_which_spans_answer(found: list[tuple[str, float]], told: list[str]) -> None:
    pairs = [telling(number, *each) for number, each in enumerate(found)]
    chosen, spans = [quote for quote, _ in pairs], [span for _, span in pairs]
    answers = answering("Who is the keeper of Alde?", chosen, spans, stems=stems)
    assert [span.text for span in answers.values()] == told
    assert all(chosen[place].text[span.start : span.end] == span.text for place, span in answers.items())
    assert answering("Why is it?", chosen, spans, stems=stems) == {}
    assert list(answering("And what did it cost?", chosen, spans, stems=stems)) == [0][: len(told)]


def test_another_span_must_be_what_is_asked_for() -> None:
    pairs = [telling(0, "14 September", 0.99), telling(1, "the old mill", 0.99), telling(2, "15 September", 0.99)]
    chosen, spans = [quote for quote, _ in pairs], [span for _, span in pairs]
    assert list(answering("When does the mill of Alde open?", chosen, spans, stems=stems)) == [0, 2]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["A sluice is a gate of oak.", "The sluice has a lock of iron.", "A sluice is a toll."], [0, 2]),
        (["The sluice has a gate of oak.", "A sluice has a lock of iron."], [0, 1]),
    ],
)
def test_beside_what_something_is_only_the_same_says_otherwise(texts: list[str], told: list[int]) -> None:
    chosen, spans = [], []
    for number, text in enumerate(texts):
        passage = Passage(number, f"a{number}", 1, "A title", None, None, 0, len(text), text, 1.0)
        chosen.append(Evidence(passage, 0, len(text), text, frozenset(), 1.0))
        start = text.rindex(" a ") + 3
        spans.append(Pointed(passage, start, len(text) - 1, text[start:-1], 0.99))
    assert list(answering("What is a sluice?", chosen, spans, stems=stems)) == told
