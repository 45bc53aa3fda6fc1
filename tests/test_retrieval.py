from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import apsw
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.schema import QueryBundle, TextNode

from articleqa import Article, Assistant, Filters, InvalidInput, Passage, Settings
from articleqa.grounding import Carried
from articleqa.retrieval import DEPTH, RERANK_DEPTH, Found, Retriever, fuse, readable
from articleqa.types import Encoder, IndexMismatch, Vector
from articles import ARTICLES, DAIRY, HARBOUR, HARBOUR_COPY, HOSTILE, LONG, MINISTER, PAGED, TRAM, WIND
from conftest import OpenAssistant
from encoders import HashingEncoder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """All the articles, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


def retriever_of(assistant: Assistant) -> Retriever:
    return assistant._retriever


# Fusion

NUMBERS = st.integers(1, 12)
SCORES = st.dictionaries(NUMBERS, st.floats(0, 50), max_size=10)
COSINES = st.dictionaries(NUMBERS, st.floats(-1, 1), max_size=10)


def place(order: Sequence[tuple[int, float]], number: int) -> int:
    return [found for found, _ in order].index(number)


@given(lexical=SCORES, cosines=COSINES, share=st.floats(0, 1))
def test_a_fusion_has_everything_once_best_first(
    lexical: dict[int, float], cosines: dict[int, float], share: float
) -> None:
    order = fuse(lexical, cosines, share=share)
    assert sorted(number for number, _ in order) == sorted(lexical.keys() | cosines.keys())
    assert all(one >= other for (_, one), (_, other) in pairwise(order))


@given(lexical=SCORES, cosines=COSINES, number=NUMBERS, more=st.floats(0, 50))
def test_more_words_never_put_a_passage_behind(
    lexical: dict[int, float], cosines: dict[int, float], number: int, more: float
) -> None:
    before = {**lexical, number: lexical.get(number, 0.0)}
    after = {**before, number: before[number] + more}
    assert place(fuse(after, cosines), number) <= place(fuse(before, cosines), number)


@given(lexical=SCORES, cosines=COSINES, number=NUMBERS, more=st.floats(0, 2))
def test_a_nearer_meaning_never_puts_a_passage_behind(
    lexical: dict[int, float], cosines: dict[int, float], number: int, more: float
) -> None:
    before = {**cosines, number: cosines.get(number, 0.0)}
    after = {**before, number: before[number] + more}
    assert place(fuse(lexical, after), number) <= place(fuse(lexical, before), number)


def test_the_share_of_the_words_is_what_it_says() -> None:
    lexical, cosines = {1: 10.0, 2: 5.0}, {1: 0.2, 2: 0.8, 3: 0.6}
    assert [number for number, _ in fuse(lexical, cosines, share=1.0)] == [1, 2, 3]
    assert [number for number, _ in fuse(lexical, cosines, share=0.0)] == [2, 3, 1]
    assert dict(fuse(lexical, cosines, share=0.5)) == pytest.approx({1: 0.6, 2: 0.65, 3: 0.3})
    assert fuse({}, {}) == []


# Search


def exact(assistant: Assistant, passage: Passage) -> bool:
    article = assistant.article(passage.article_id, revision=passage.revision)
    return article.text[passage.start : passage.end] == passage.text


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("By how much does Velmora raise its harbour fees?", HARBOUR),
        ("Which quota for cod does the minister want?", MINISTER),
        ("Who is against the turbines in Tolmen?", WIND),
        ("What does milk cost in Norvik?", DAIRY),
        ("Was kostet die Straßenbahn in Grünau?", TRAM),
        ("museum of umbrellas", LONG),
        ("Why was the ferry late?", PAGED),
    ],
)
def test_the_right_article_comes_first(library: Assistant, question: str, article: Article) -> None:
    assert library.search(question)[0].article_id == article.id


@pytest.mark.parametrize("question", ["Who said what about wind farms at sea?", "the of and", "🙂", "umbrella " * 400])
def test_passages_are_exact_best_first_and_overlap_nowhere(library: Assistant, question: str) -> None:
    passages = library.search(question, limit=50)
    assert len(passages) >= 10
    assert all(exact(library, passage) for passage in passages)
    assert all(one.score >= other.score for one, other in pairwise(passages))
    for one, other in combinations(passages, 2):
        assert one.article_id != other.article_id or one.end <= other.start or other.end <= one.start


def test_the_limit_is_kept(library: Assistant) -> None:
    longest = library.search("wind farm", limit=50)
    for limit in (1, 3, 10):
        assert library.search("wind farm", limit=limit) == longest[:limit]


def test_a_copy_is_shown_once_with_the_other(library: Assistant) -> None:
    passages = [passage for passage in library.search("harbour fees in Velmora", limit=50) if "Tarkan" in passage.text]
    assert [(passage.article_id, passage.also_in) for passage in passages] == [(HARBOUR.id, (HARBOUR_COPY.id,))]
    [passage, *_] = library.search("harbour fees in Velmora", filters=Filters(source="Coast Wire"))
    assert (passage.article_id, passage.title) == (HARBOUR_COPY.id, HARBOUR_COPY.title)
    assert passage.also_in == (HARBOUR.id,)


def test_a_passage_names_its_page(library: Assistant) -> None:
    pages = {passage.text: passage.page for passage in library.search("ferry commission engine", limit=50)}
    late, engine = PAGED.text.split("\n\n")
    assert (pages[late], pages[engine]) == (1, 2)
    assert pages[TRAM.text.split("\n\n")[0]] is None


@pytest.mark.parametrize(
    "strange",
    [
        'harbour" OR 1=1; --',
        "NEAR(harbour fees, 2) AND NOT title:port*",
        "{title body}: harbour ^fees",
        "harbour\x00fees",
        "harbour \ud800 fees",
        "' \" ` ´ ( ) * : ^ - + ~ | & < >",
        "\u202eharbour\u202c fees\u200b",
    ],
)
def test_no_question_breaks_the_search(library: Assistant, strange: str) -> None:
    passages = library.search(strange)
    assert all(exact(library, passage) for passage in passages)
    if "harbour" in strange:
        assert HARBOUR.id in [passage.article_id for passage in passages[:3]]


@given(st.text(max_size=30))
def test_what_is_readable_can_be_encoded(text: str) -> None:
    assert "\x00" not in readable(text + "\x00\udcff")
    assert len(readable(text).encode()) >= len(readable(text))


def test_nothing_is_found_where_there_is_nothing(assistant: OpenAssistant) -> None:
    empty = assistant()
    assert empty.search("harbour fees") == []
    assert retriever_of(empty).search("harbour fees", limit=10) == Found(())


# Filters


@pytest.mark.parametrize(
    "filters",
    [
        Filters(source="The Ledger"),
        Filters(source=("The Ledger", "Bay Notes", "nobody")),
        Filters(after="2024-10-20", before="2024-11-07"),
        Filters(after="2024-10-20", undated=False),
        Filters(before="2019-03-01", undated=False),
        Filters(article_ids=(str(LONG.id),)),
        Filters(article_ids=(str(LONG.id), str(DAIRY.id)), after="2020-01-01"),
        Filters(article_ids=()),
        Filters(source="nobody"),
    ],
)
def test_what_does_not_pass_the_filters_is_never_found(library: Assistant, filters: Filters) -> None:
    allowed = {record.id for record in library.articles(filters=filters)}
    for question in ("harbour fees in Velmora", "wind farms", "a loss of 3.2 million crowns", "cider"):
        passages = library.search(question, limit=50, filters=filters)
        assert {passage.article_id for passage in passages} <= allowed
        assert bool(passages) == bool(allowed)


def test_filters_come_before_the_ranking_in_both_searches(assistant: OpenAssistant) -> None:
    crowd = [
        Article(f"Harbour fees {number}", f"Harbour fees in Velmora rise. It is case {number}.", id=f"crowd-{number}")
        for number in range(2 * DEPTH)
    ]
    words = Article("Gulls", "Gulls and ducks and geese sleep, whatever the fees.", id="words", source="Rare")
    meaning = Article("Ducks", "Geese eat grass on the roofs of Tolmen.", id="meaning", source="Rare")
    opened = assistant(encoder=HashingEncoder())
    opened.add(*crowd, words, meaning)
    question = "harbour fees in Velmora"
    first = opened.search(question, limit=DEPTH)
    assert {"words", "meaning"}.isdisjoint(passage.article_id for passage in first), "they rank behind the crowd"
    rare = opened.search(question, filters=Filters(source="Rare"))
    assert {passage.article_id for passage in rare} == {"words", "meaning"}
    found = retriever_of(opened).search(question, limit=10, filters=Filters(source="Rare"))
    assert set(found.cosines) == {passage.id for passage in found.passages}


def test_as_many_are_found_as_are_asked_for(assistant: OpenAssistant) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(*(Article(f"Case {number}", f"Fees rise in case {number}.", id=str(number)) for number in range(130)))
    assert len(opened.search("fees", limit=DEPTH + 20)) == DEPTH + 20
    assert len(opened.search("fees", limit=500)) == 130


# What a question leans on


def test_what_is_carried_draws_the_search_to_what_was_spoken_of(library: Assistant) -> None:
    retriever = retriever_of(library)
    question = "What was said about wind farms?"
    alone = retriever.search(question, limit=10)
    solvang = retriever.search(question, limit=10, carried=Carried("Who is Petra Solvang?", "", 3.0))
    brandt = retriever.search(question, limit=10, carried=Carried("Who is Oskar Brandt?", "", 3.0))
    assert solvang.passages[0].article_id == MINISTER.id
    assert brandt.passages[0].article_id == WIND.id
    assert np.linalg.norm(solvang.vector) == pytest.approx(1.0)  # type: ignore[arg-type]
    assert {passage.id for passage in solvang.passages} <= solvang.cosines.keys()
    assert "solvang" in solvang.weights
    assert "solvang" not in alone.weights
    assert all(solvang.weights[stem] == weight for stem, weight in alone.weights.items())


def test_the_words_of_the_last_answer_put_its_article_in_focus(library: Assistant) -> None:
    answer = "Solvang said that no wind farm should be built within twenty kilometres of a spawning ground."
    found = retriever_of(library).search("Is anything said of seals?", limit=10, carried=Carried("", answer, 3.0))
    assert [passage.article_id for passage in found.passages[:2]] == [MINISTER.id] * 2


def test_where_the_subject_has_changed_nothing_is_carried(library: Assistant) -> None:
    retriever = retriever_of(library)
    question = "How long is cider kept in barrels?"
    alone = retriever.search(question, limit=10)
    spoken = Carried(
        "Who is Petra Solvang, the fisheries minister of Aldmark?",
        "Petra Solvang has been the fisheries minister of Aldmark since March. She was a marine biologist before.",
        -0.5,
    )
    found = retriever.search(question, limit=10, carried=spoken)
    assert found.passages == alone.passages
    assert found.weights == alone.weights
    assert np.array_equal(found.vector, alone.vector)  # type: ignore[arg-type]
    leaning = retriever.search(question, limit=10, carried=replace(spoken, leaning=3.0))
    assert leaning.passages != alone.passages


def test_a_follow_up_costs_one_call_of_the_encoder_more(assistant: OpenAssistant) -> None:
    class Counting(HashingEncoder):
        questions = 0

        def encode_query(self, text: str) -> Vector:
            self.questions += 1
            return super().encode_query(text)

    encoder = Counting()
    opened = assistant(encoder=encoder)
    opened.add(MINISTER, WIND)
    retriever = retriever_of(opened)
    retriever.search("wind farms", limit=10)
    assert encoder.questions == 1
    retriever.search("wind farms", limit=10, carried=Carried("Who is Petra Solvang?", "A minister.", 3.0))
    assert encoder.questions == 3


def test_candidates_are_the_sentences_of_the_best_passages(library: Assistant) -> None:
    retriever = retriever_of(library)
    found = retriever.search("wind farms", limit=10)
    candidates = retriever.candidates(found, passages=3)
    assert {candidate.rank for candidate in candidates} == {0, 1, 2}
    for candidate in candidates:
        article = library.article(candidate.passage.article_id)
        assert article.text[candidate.start : candidate.end] == candidate.text
    for one, other in pairwise(candidates):
        assert (other.rank, other.number) == (one.rank, one.number + 1) or (other.rank, other.number) == (
            one.rank + 1,
            0,
        )
        assert other.stems_before == (one.stems if other.number else frozenset())
    assert retriever.candidates(Found(()), passages=3) == []


def test_similarities_are_cosines_with_the_question(library: Assistant) -> None:
    retriever = retriever_of(library)
    found = retriever.search("How long is cider kept in barrels?", limit=10)
    near, far = retriever.similarities(found, ["Cider stays in the barrel for months.", "The council met on Monday."])
    assert -1 <= far < near <= 1.001
    assert retriever.similarities(found, []) == []
    assert retriever.similarities(Found(()), ["anything"]) == [0.0]


# A reranker of the caller's


class Backwards:
    """Puts last what came first, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        self.asked.append((question, list(texts)))
        return list(range(len(texts)))


class Short:
    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        return [1.0]


def test_a_reranker_decides_the_order(assistant: OpenAssistant) -> None:
    articles = [Article(f"Case {number}", f"Fees rise in case {number}.", id=str(number)) for number in range(40)]
    plain = assistant(encoder=HashingEncoder())
    plain.add(*articles)
    before = [passage.article_id for passage in plain.search("fees in case 7", limit=40)]

    reranker = Backwards()
    reranked = assistant(encoder=HashingEncoder(), reranker=reranker)
    after = reranked.search("fees in case 7", limit=40)
    assert [passage.article_id for passage in after] == before[:RERANK_DEPTH][::-1] + before[RERANK_DEPTH:]
    assert all(one.score > other.score for one, other in pairwise(after))
    [(question, texts)] = reranker.asked
    assert question == "fees in case 7"
    assert texts[0] == f"Case {before[0]}\nFees rise in case {before[0]}."
    assert [passage.article_id for passage in reranked.search("fees in case 7", limit=5)] == before[:RERANK_DEPTH][
        :-6:-1
    ]
    assert reranked.search("fees", filters=Filters(source="nobody")) == []


def test_a_reranker_that_leaves_texts_out_is_refused(assistant: OpenAssistant) -> None:
    opened = assistant(encoder=HashingEncoder(), reranker=Short())
    opened.add(HARBOUR, DAIRY, WIND)
    with pytest.raises(InvalidInput, match="one for each"):
        opened.search("fees")


# As a LlamaIndex retriever


def test_a_node_leads_back_to_the_exact_text(library: Assistant) -> None:
    passages = library.search("wind farms at sea", limit=7)
    nodes = library.as_retriever(limit=7).retrieve("wind farms at sea")
    assert [node.node.node_id for node in nodes] == [str(passage.id) for passage in passages]
    assert [node.score for node in nodes] == [passage.score for passage in passages]
    for node in nodes:
        assert isinstance(node.node, TextNode)
        metadata = node.node.metadata
        article = library.article(metadata["article_id"], revision=metadata["revision"])
        assert article.text[node.node.start_char_idx : node.node.end_char_idx] == node.node.get_content()
        assert (metadata["title"], metadata["source"], metadata["published"]) == (
            article.title,
            article.source,
            article.published,
        )


def test_the_llama_index_retriever_keeps_its_filters(library: Assistant) -> None:
    retriever = library.as_retriever(limit=3, filters=Filters(source="The Ledger"))
    nodes = retriever.retrieve(QueryBundle("harbour\x00 fees \ud800"))
    assert {node.metadata["article_id"] for node in nodes} == {DAIRY.id}
    assert retriever.retrieve("  ") == []
    assert {node.node_id for node in asyncio.run(retriever.aretrieve("fees"))} == {node.node_id for node in nodes}


# Faults


def test_a_passage_with_a_damaged_vector_is_found_by_its_words(assistant: OpenAssistant, tmp_path: Path) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(*ARTICLES)
    [passage, *_] = opened.search("museum of umbrellas")
    opened.close()
    connection = apsw.Connection(str(tmp_path / "index" / "library.sqlite3"))
    connection.execute("UPDATE vectors SET vector = zeroblob(256) WHERE passage = ?", (passage.id,)).fetchall()
    connection.close()
    for file in (tmp_path / "index").glob("vectors-*"):
        file.unlink()
    again = assistant(encoder=HashingEncoder())
    assert passage.id in [found.id for found in again.search("museum of umbrellas", limit=50)]
    assert again.mend() == 1
    assert again.search("museum of umbrellas")[0].text == passage.text


def test_another_encoder_is_refused_with_what_to_do(assistant: OpenAssistant) -> None:
    assistant(encoder=HashingEncoder()).add(HOSTILE)
    other = assistant(encoder=HashingEncoder(revision="2"))
    with pytest.raises(IndexMismatch, match="articleqa rebuild"):
        other.search("fog")
    with pytest.raises(IndexMismatch, match="articleqa rebuild"):
        other.as_retriever().retrieve("fog")
