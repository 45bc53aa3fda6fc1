from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa import Article, chunking
from articleqa.grounding import Candidate, Evidence, distinct, rank, select
from articleqa.grounding.evidence import COMPARED, JOINED_LENGTH, QUOTES, coverage
from articleqa.library import STOP_WORDS, stems
from articleqa.types import Passage
from articles import DAIRY, HARBOUR, MINISTER


def passages_of(article: Article, *, scores: Sequence[float] = (1.0,)) -> list[Passage]:
    """The passages of ``article``, each with the next of ``scores``."""
    spans = chunking.passages(
        article.text, title=article.title, count_tokens=lambda text: len(text.split()), max_tokens=64
    )
    return [
        Passage(
            id=number,
            article_id=str(article.id),
            revision=1,
            title=article.title,
            source=article.source,
            published=article.published,
            start=start,
            end=end,
            text=article.text[start:end],
            score=scores[number % len(scores)],
        )
        for number, (start, end) in enumerate(spans)
    ]


def candidates_of(passages: Sequence[Passage]) -> list[Candidate]:
    candidates = []
    for place, passage in enumerate(sorted(passages, key=lambda passage: -passage.score)):
        before: frozenset[str] = frozenset()
        for number, (start, end) in enumerate(chunking.sentences(passage.text)):
            text = passage.text[start:end]
            candidates.append(
                Candidate(
                    passage=passage,
                    rank=place,
                    number=number,
                    start=passage.start + start,
                    end=passage.start + end,
                    text=text,
                    stems=frozenset(stems(text)),
                    stems_before=before,
                    title_stems=frozenset(stems(passage.title)),
                )
            )
            before = frozenset(stems(text))
    return candidates


def weights_of(question: str) -> dict[str, float]:
    return {stem: 1.0 for word in question.split() if word.lower() not in STOP_WORDS for stem in stems(word)}


def likeness(question: str) -> Callable[[Sequence[str]], list[float]]:
    """The cosine of sets of words, which is like that of vectors in what matters here."""
    asked = set(stems(question))

    def similarities(texts: Sequence[str]) -> list[float]:
        words = [set(stems(text)) for text in texts]
        return [len(asked & own) / math.sqrt(max(1, len(asked) * len(own))) for own in words]

    return similarities


def evidence_for(
    question: str, *articles: Article, limit: int = QUOTES, margin: float = 0.25, longest: int | None = None
) -> list[Evidence]:
    passages = [
        replace(passage, id=100 * number + passage.id)
        for number, article in enumerate(articles)
        for passage in passages_of(article)
    ]
    candidates = candidates_of(passages)
    weights = weights_of(question)
    ranked = rank(question, candidates, weights, likeness(question))
    return select(ranked, candidates, weights, limit=limit, margin=margin, longest=longest)


# Every article, every question

WORDS = st.sampled_from(
    "The port He She They of Velmora raises fees 14 percent not mayor Tarkan said in January and it was 1931".split()
)
SENTENCES = st.builds(
    lambda words, end: " ".join(words).capitalize() + end,
    st.lists(WORDS, min_size=1, max_size=9),
    st.sampled_from([".", ".", ".", "?", "!", "…", ".”"]),
)
ARTICLES = st.builds(
    lambda paragraphs, gap: Article(
        "Fees in Velmora", gap.join(" ".join(sentences) for sentences in paragraphs), id="a"
    ),
    st.lists(st.lists(SENTENCES, min_size=1, max_size=6), min_size=1, max_size=6),
    st.sampled_from(["\n\n", "\n", "\n \n", "  \n\n\n  "]),
)
QUESTIONS = st.lists(WORDS, max_size=6).map(" ".join)


@given(article=ARTICLES, question=QUESTIONS, scores=st.lists(st.floats(-1, 1), min_size=1, max_size=5), data=st.data())
def test_evidence_is_exact_short_and_of_one_piece(
    article: Article, question: str, scores: list[float], data: st.DataObject
) -> None:
    limit = data.draw(st.integers(1, 6), label="limit")
    margin = data.draw(st.sampled_from([0.0, 0.25, 5.0]), label="margin")
    candidates = candidates_of(passages_of(article, scores=scores))
    weights = weights_of(question)
    ranked = rank(question, candidates, weights, likeness(question))
    spans = select(ranked, candidates, weights, limit=limit, margin=margin)

    compared = [entry for entry in ranked if entry.cosine is not None]
    assert 1 <= len(compared) <= COMPARED
    assert compared == ranked[: len(compared)]
    assert all(one.score >= other.score for one, other in pairwise(ranked))
    assert sorted(entry.candidate.start for entry in ranked) == sorted(candidate.start for candidate in candidates)

    assert 1 <= len(spans) <= limit
    assert spans[0].score == ranked[0].score
    assert all(one.score >= other.score for one, other in pairwise(spans))
    for span in spans:
        assert article.text[span.start : span.end] == span.text == span.text.strip()
        assert span.passage.start <= span.start < span.end <= span.passage.end
        assert span.stems == frozenset(stems(span.text))
    for one, other in combinations(spans, 2):
        first, second = sorted((one, other), key=lambda span: span.start)
        assert first.end <= second.start, "spans overlap"
        gap = article.text[first.end : second.start]
        assert gap.strip() or "\n\n" in gap or first.passage is not second.passage, "neighbours are one span"
        assert one.text != other.text, "a repetition"


# The cases that matter


def test_the_sentence_that_answers_comes_first() -> None:
    [first, *_] = evidence_for("What did the repairs of the breakwater cost?", HARBOUR, MINISTER, DAIRY, margin=0.0)
    assert first.text == "Repairs cost 9.4 million crowns."
    assert first.passage.article_id == HARBOUR.id


def test_a_sentence_far_behind_in_words_is_not_compared() -> None:
    article = Article("Fees", "The harbour fees rise in March.\n\nNobody was there.\n\nMore harbour fees rise.", id="a")
    candidates = candidates_of(passages_of(article))
    question = "When do the harbour fees rise?"
    ranked = rank(question, candidates, weights_of(question), likeness(question))
    assert [(entry.candidate.text, entry.cosine is not None) for entry in ranked] == [
        ("The harbour fees rise in March.", True),
        ("More harbour fees rise.", True),
        ("Nobody was there.", False),
    ]


def test_there_are_at_most_three() -> None:
    text = "\n\n".join(f"In {place} the harbour fees rise." for place in "Velmora Skarnes Tolmen Norvik Tarvik".split())
    spans = evidence_for("Where do harbour fees rise?", Article("Fees", text, id="fees"), margin=5.0)
    assert len(spans) == QUOTES == 3
    assert len(evidence_for("Where do harbour fees rise?", Article("Fees", text, id="fees"), margin=5.0, limit=5)) == 5


def test_neighbours_are_joined() -> None:
    text = "Boats pay harbour fees in Velmora. Ships pay harbour fees in Velmora too. Gulls sleep on roofs."
    spans = evidence_for("Who pays harbour fees in Velmora?", Article("Fees", text, id="fees"))
    assert [span.text for span in spans] == [
        "Boats pay harbour fees in Velmora. Ships pay harbour fees in Velmora too."
    ]


def test_neighbours_are_joined_as_far_as_they_are_short() -> None:
    sentences = [
        "Boats pay harbour fees in Velmora.",
        "Ships pay harbour fees in Velmora too.",
        "Rafts pay fees there.",
    ]
    article = Article("Fees", " ".join(sentences), id="fees")
    spans = evidence_for("Who pays harbour fees in Velmora?", article, margin=5.0, longest=80)
    assert [span.text for span in spans] == [" ".join(sentences[:2]), sentences[2]]
    assert [span.text for span in distinct(spans, longest=80)] == [span.text for span in spans]
    assert [span.text for span in distinct(spans)] == [article.text]


def test_what_repeats_a_span_or_lies_in_it_is_left_out() -> None:
    text = "Boats pay harbour fees in Velmora. Ships pay harbour fees in Velmora too."
    [whole] = evidence_for("Who pays harbour fees in Velmora?", Article("Fees", text, id="fees"))
    apart = evidence_for("Who pays harbour fees in Velmora?", Article("Fees", text, id="fees"), longest=10)
    assert len(apart) == 2
    assert distinct([whole, *apart, whole]) == [whole]
    assert distinct([]) == []


def test_a_sentence_between_two_quotes_joins_them_all() -> None:
    # The two outer ones are the best by far; the third then lies between them.
    text = "Fees in the port rise. Also fees. A port has fees that rise."
    spans = evidence_for("Do fees in the port rise?", Article("Velmora", text, id="a"), margin=5.0)
    assert [span.text for span in spans] == [text]


def test_paragraphs_are_not_joined() -> None:
    text = "Boats pay harbour fees in Velmora.\n\nShips of all lands pay harbour fees in Velmora too."
    spans = evidence_for("Who pays harbour fees in Velmora?", Article("Fees", text, id="fees"))
    assert sorted(span.text for span in spans) == sorted(text.split("\n\n"))


def test_what_was_quoted_already_is_left_out() -> None:
    said = "The port of Velmora will raise its harbour fees in January."
    text = f"{said} Skippers of small boats pay no harbour fees in Velmora."
    again = Article("Elsewhere", f"Gulls sleep on roofs.\n\n{said}\n\n{said}", id="again")
    spans = evidence_for(
        "When are harbour fees raised in Velmora?", Article("Fees", text, id="fees"), again, margin=5.0
    )
    assert sum(span.text.count(said) for span in spans) == 1


@pytest.mark.parametrize("opener", ["She", "It", "That", "But she", "“She"])
def test_a_sentence_that_leans_takes_the_one_before_along(opener: str) -> None:
    before = "Petra Solvang became the fisheries minister of Aldmark."
    leaning = f"{opener} was a marine biologist for many years."
    article = Article("Aldmark", f"Gulls sleep. {before} {leaning}", id="a")
    [span, *_] = evidence_for("How long was Petra Solvang a marine biologist?", article)
    assert span.text == f"{before} {leaning}"


def test_a_sentence_that_leans_on_nothing_asked_for_stands_alone() -> None:
    article = Article("Aldmark", "Gulls sleep on roofs. She was a marine biologist for many years.", id="a")
    [span] = evidence_for("Who was a marine biologist?", article, margin=0.0)
    assert span.text == "She was a marine biologist for many years."


def test_a_long_sentence_is_not_taken_along() -> None:
    before = f"Petra Solvang became {'a very ' * 40}important minister of Aldmark."
    leaning = f"She was a marine biologist {'for many and many years ' * 15}in Norvik."
    article = Article("Aldmark", f"{before} {leaning}", id="a")
    passage = Passage(1, "a", 1, "Aldmark", None, None, 0, len(article.text), article.text, 1.0)
    assert len(article.text) > JOINED_LENGTH
    candidates = candidates_of([passage])
    question = "How long was Petra Solvang a marine biologist?"
    ranked = rank(question, candidates, weights_of(question), likeness(question))
    spans = select(ranked, candidates, weights_of(question), margin=0.0)
    assert [span.text for span in spans] == [leaning]


@pytest.mark.parametrize("mark", ["?", "?”", '?"', "？"])
def test_a_question_in_an_article_does_not_answer_one(mark: str) -> None:
    statement = "The harbour fees of Velmora rise in January, as was said."
    text = f"When do the harbour fees of Velmora rise in January, as is asked by many in town{mark}\n\n{statement}"
    question = "When do the harbour fees of Velmora rise in January"
    candidates = candidates_of(passages_of(Article("Fees", text, id="a")))
    # Words and meaning are for the question; that it is one puts it behind.
    ranked = rank(question, candidates, weights_of(question), lambda texts: [0.5] * len(texts))
    assert ranked[0].candidate.text == statement


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who opposes the plan in Tolmen?", "The plan in Tolmen is opposed by Dagny Roll."),
        ("When was the plan in Tolmen opposed?", "The plan in Tolmen was opposed in March 2024."),
        ("How many opposed the plan in Tolmen?", "The plan in Tolmen was opposed by forty people."),
    ],
)
def test_the_kind_of_answer_decides_between_sentences_that_are_alike(question: str, answer: str) -> None:
    text = f"The plan in Tolmen was opposed with some vigour.\n\n{answer}"
    candidates = candidates_of(passages_of(Article("Tolmen", text, id="a")))
    ranked = rank(question, candidates, weights_of(question), lambda texts: [0.5] * len(texts))
    assert ranked[0].candidate.text == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is a causeway?", "A causeway is a raised road over wet ground."),
        ("what is the causeway", "The Causeway (built in 1911) was a raised road over wet ground."),
        ("What are causeways?", "A causeway is a raised road over wet ground."),
        ("What is meant by “causeway”?", "“Causeway” means a raised road over wet ground."),
        ("Who is Dagny Roll?", "Dagny Roll, a carpenter of Tolmen, is a member of the council."),
    ],
)
def test_what_says_what_something_is_comes_first_where_that_is_asked(question: str, answer: str) -> None:
    name = "Dagny Roll" if "Dagny" in question else "causeway"
    text = f"The council spoke of {name}, of fees and of the harbour on Monday.\n\n{answer}"
    candidates = candidates_of(passages_of(Article("Minutes", text, id="a")))
    nearer = {answer: 0.0}
    ranked = rank(question, candidates, weights_of(question), lambda texts: [nearer.get(text, 0.15) for text in texts])
    assert ranked[0].candidate.text == answer
    more = f"{question.rstrip('?')} in the minutes of the council?"
    ranked = rank(more, candidates, weights_of(more), lambda texts: [nearer.get(text, 0.15) for text in texts])
    assert ranked[0].candidate.text != answer


def test_a_question_may_hold_anything() -> None:
    text = "What is (this? It is [a+b*."
    candidates = candidates_of(passages_of(Article("Signs", text, id="a")))
    for question in ("What is (a?", "What is [a+b*?", "Who is \\?", "What is s?"):
        assert rank(question, candidates, weights_of(question), lambda texts: [0.5] * len(texts))


# Nothing to work with


def test_without_candidates_there_is_no_evidence() -> None:
    assert rank("Why?", [], {}, likeness("Why?")) == []
    assert select([], [], {}) == []


def test_a_question_without_words_ranks_all_the_same() -> None:
    candidates = candidates_of(passages_of(HARBOUR))
    ranked = rank("", candidates, {}, lambda texts: [0.0] * len(texts))
    assert len(ranked) == len(candidates)
    assert {entry.coverage for entry in ranked} == {0.0}


def test_coverage_is_the_share_of_the_weight() -> None:
    weights = {"port": 3.0, "fee": 1.0}
    assert coverage(frozenset(["port"]), weights) == 0.75
    assert coverage(frozenset(["port", "fee", "gull"]), weights) == 1.0
    assert coverage(frozenset(), weights) == 0.0
    assert coverage(frozenset(["port"]), {}) == 0.0
