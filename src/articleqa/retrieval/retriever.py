"""Hybrid search: words and meaning, fused; and the candidates from which an answer quotes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from articleqa import chunking
from articleqa.grounding import Candidate, Carried, carried_share
from articleqa.library import FoundPassage, Generation, Library, Snapshot, stems
from articleqa.retrieval.copies import Copies
from articleqa.retrieval.llama_index import llama_index_retriever
from articleqa.retrieval.sentence_vectors import SentenceVectors
from articleqa.types import Encoder, Filters, InvalidInput, Passage, Reranker, Vector
from articleqa.vectors import Vectors

if TYPE_CHECKING:
    from llama_index.core.base.base_retriever import BaseRetriever
    from numpy.typing import NDArray

# How many passages each of the two searches hands to the fusion; more where more are asked for.
DEPTH = 100
# The share of the words in a fused score. Tried on SQuAD and SciFact together against reciprocal ranks and other
# normalisations: benchmarks/fusion.py.
LEXICAL_SHARE = 0.3
# How many passages a reranker is asked about.
RERANK_DEPTH = 20
# How much deeper is searched where copies of the same few passages leave too little to show.
DEEPER = 4
# Passages that are read beyond what is wanted: some are gone by then, and some repeat others.
SPARE = 8
# What the words of earlier questions, and those of the last answer, are worth beside those of a question that leans on
# them. An answer has many words, and a few passages have all of them.
CARRIED_QUESTIONS = 0.5
CARRIED_ANSWER = 0.2
# What it is worth, of the share of what is carried, to be in the article that the last answer is from.
FOCUS = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found.

    ``cosines`` are between question and passage, by passage id. ``weights`` are the question's stems with their inverse
    document frequency. ``vector`` is the question's. ``best`` is the highest fused score of words and meaning, 0..1,
    whatever a reranker says. ``searched`` is the number of passages that there were to search.
    """

    passages: tuple[Passage, ...]
    weights: dict[str, float] = field(default_factory=dict)
    cosines: dict[int, float] = field(default_factory=dict)
    vector: Vector | None = None
    origins: dict[int, FoundPassage] = field(default_factory=dict)
    best: float = 0.0
    searched: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as vectors; ``drawn`` is the one of the question with what is carried to it, where anything is."""

    question: str
    vector: Vector
    carried: Carried | None = None
    drawn: Vector | None = None


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Passages in order, before any is read. ``exhausted``: a deeper search would find no others by meaning."""

    order: list[tuple[int, float]]
    weights: dict[str, float]
    cosines: dict[int, float]
    vector: Vector
    exhausted: bool


def fuse(
    lexical: dict[int, float], cosines: dict[int, float], *, share: float = LEXICAL_SHARE
) -> list[tuple[int, float]]:
    """``(id, score)``, best first: BM25 as a part of the best BM25, added to the cosine.

    What one of the two did not find counts 0 there: a passage without the words, or one whose vector is damaged.
    """
    best = max(lexical.values(), default=0.0)
    scores = {
        number: share * (lexical.get(number, 0.0) / best if best > 0 else 0.0) + (1 - share) * cosines.get(number, 0.0)
        for number in lexical.keys() | cosines.keys()
    }
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def readable(text: str) -> str:
    """``text`` without what no encoder or database takes: NUL and lone surrogates."""
    return text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


class Retriever:
    """Searches one library."""

    def __init__(
        self,
        library: Library,
        vectors: Vectors,
        encoder: Callable[[], Encoder],
        *,
        check: Callable[[Generation, Encoder], None],
        reranker: Callable[[], Reranker | None] = lambda: None,
    ) -> None:
        self._library = library
        self._vectors = vectors
        self._open_encoder = encoder
        self._sentence_vectors = SentenceVectors(encoder)
        self._check = check
        self._open_reranker = reranker

    def search(
        self, question: str, *, limit: int, filters: Filters | None = None, carried: Carried | None = None
    ) -> Found:
        """The ``limit`` best passages for ``question``; ``carried`` is what was said before it, if anything was.

        A follow-up costs one call of the encoder more. How much what is carried decides depends on what is found: where
        the question alone finds something better elsewhere, it has changed the subject.

        Raises:
            IndexMismatch: if the index was built with another encoder.
        """
        question = readable(question)
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is None or not question.strip():
                return Found(())
            encoder = self._open_encoder()
            self._check(generation, encoder)
            drawn = encoder.encode_query(f"{carried.text} {question}") if carried else None
            asked = _Asked(question, encoder.encode_query(question), carried, drawn)
            return self._ranked(snapshot, generation, asked, limit=limit, filters=filters)

    def of_articles(self, article_ids: Sequence[str], *, passages: int) -> Found:
        """What the articles say from their beginning to their end, not what fits a question.

        Of an article with more than so many passages, the first half of them are its first ones, and the others lie
        evenly over the rest. What is damaged, or has gone meanwhile, is left out.
        """
        with self._library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is None:
                return Found(())
            origins: dict[int, FoundPassage] = {}
            for article_id in dict.fromkeys(article_ids):
                only = Filters(article_ids=article_id)
                numbers = snapshot.allowed_passages(generation.id, only)
                if numbers is None or not len(numbers):
                    continue
                chosen = _evenly(numbers.tolist(), passages)
                found = snapshot.passages(chosen, only)
                for passage in sorted(found.values(), key=lambda each: each.start):
                    if snapshot.has_sound_text(passage.text_id):
                        origins.setdefault(passage.id, passage)
        return Found(tuple(_passage(passage, 0.0) for passage in origins.values()), origins=origins)

    def candidates(self, found: Found, *, passages: int) -> list[Candidate]:
        """The sentences of the best passages, from which evidence is selected."""
        candidates = []
        for rank, passage in enumerate(found.passages[:passages]):
            title_stems = frozenset(stems(passage.title))
            before: frozenset[str] = frozenset()
            for number, (start, end, own) in enumerate(_sentences(passage.text)):
                candidates.append(
                    Candidate(
                        passage=passage,
                        rank=rank,
                        number=number,
                        start=passage.start + start,
                        end=passage.start + end,
                        text=passage.text[start:end],
                        stems=own,
                        stems_before=before,
                        title_stems=title_stems,
                    )
                )
                before = own
        return candidates

    def similarities(self, found: Found, texts: Sequence[str]) -> list[float]:
        """The cosine of each text with the question of ``found``."""
        if found.vector is None or not texts:
            return [0.0] * len(texts)
        return [float(score) for score in self._sentence_vectors.of(texts) @ found.vector]

    def alike(self, texts: Sequence[str], sentence: str) -> list[float]:
        """The cosine of each text with ``sentence``."""
        if not texts:
            return []
        vectors = self._sentence_vectors.of([*texts, sentence])
        return [float(score) for score in vectors[:-1] @ vectors[-1]]

    def as_llama_index(self, *, limit: int = 10, filters: Filters | None = None) -> BaseRetriever:
        """This search as a LlamaIndex retriever."""
        return llama_index_retriever(lambda query: self.search(query, limit=limit, filters=filters).passages)

    def _ranked(
        self, snapshot: Snapshot, generation: Generation, asked: _Asked, *, limit: int, filters: Filters | None
    ) -> Found:
        reranker = self._open_reranker()
        wanted = max(limit, RERANK_DEPTH) if reranker else limit
        allowed = snapshot.allowed_passages(generation.id, filters)
        depth = max(DEPTH, limit)
        while True:
            ranking = self._ranking(snapshot, generation.id, asked, depth=depth, allowed=allowed, filters=filters)
            found = _shown(snapshot, ranking.order, wanted=wanted, filters=filters, weights=ranking.weights)
            if len(found) >= wanted or ranking.exhausted:
                break
            depth *= DEEPER
        passages = [_passage(passage, score) for passage, score in found]
        if reranker is not None:
            passages = _reranked(reranker, asked.question, passages)
        passages = passages[:limit]
        origins = {passage.id: passage for passage, _ in found}
        return Found(
            passages=tuple(passages),
            weights=ranking.weights,
            cosines=ranking.cosines,
            vector=ranking.vector,
            origins={passage.id: origins[passage.id] for passage in passages},
            best=max(0.0, ranking.order[0][1]) if ranking.order else 0.0,
            searched=snapshot.passage_count(generation.id) if allowed is None else len(allowed),
        )

    def _ranking(
        self,
        snapshot: Snapshot,
        generation: int,
        asked: _Asked,
        *,
        depth: int,
        allowed: NDArray[np.int64] | None,
        filters: Filters | None,
    ) -> _Ranking:
        def words(text: str, among: Filters | None = filters) -> tuple[dict[int, float], dict[str, float]]:
            query = snapshot.lexical_query(generation, text)
            return dict(snapshot.lexical_search(generation, query, limit=depth, filters=among)), query.weights

        def nearest(vector: Vector) -> dict[int, float]:
            return dict(self._vectors.search(snapshot, vector, generation=generation, limit=depth, allowed=allowed))

        def completed(cosines: dict[int, float], vector: Vector, numbers: set[int]) -> dict[int, float]:
            unseen = np.array(sorted(numbers - cosines.keys()), dtype=np.int64)
            more = self._vectors.search(snapshot, vector, generation=generation, limit=len(unseen), allowed=unseen)
            return {**cosines, **dict(more)}

        lexical, weights = words(asked.question)
        cosines = nearest(asked.vector)
        exhausted = len(cosines) < depth
        if asked.carried is None or asked.drawn is None:
            cosines = completed(cosines, asked.vector, set(lexical))
            return _Ranking(fuse(lexical, cosines), weights, cosines, asked.vector, exhausted)

        asked_before, weights_before = words(asked.carried.questions or asked.carried.answer)
        answered, _ = words(asked.carried.answer)
        in_focus, focus = _focus(snapshot, generation, answered)
        if in_focus is not None:
            # Where very many passages have the words of the question, those of the article in focus count as well.
            lexical = {**lexical, **words(asked.question, in_focus)[0]}
        drawn_lexical = {
            number: lexical.get(number, 0.0)
            + CARRIED_QUESTIONS * asked_before.get(number, 0.0)
            + CARRIED_ANSWER * answered.get(number, 0.0)
            for number in lexical.keys() | asked_before.keys() | answered.keys()
        }
        drawn_cosines = nearest(asked.drawn)
        numbers = drawn_lexical.keys() | cosines.keys() | drawn_cosines.keys()
        cosines = completed(cosines, asked.vector, numbers)
        drawn_cosines = completed(drawn_cosines, asked.drawn, numbers)
        alone, drawn = fuse(lexical, cosines), fuse(drawn_lexical, drawn_cosines)
        own = dict(alone)
        gap = alone[0][1] - own.get(drawn[0][0], 0.0) if drawn else 0.0
        share = carried_share(asked.carried.leaning, gap)
        if not share:
            return _Ranking(alone, weights, cosines, asked.vector, exhausted)

        # What was asked in vain before is no reason to doubt what is found now.
        unknown = math.log(2 * max(1, snapshot.passage_count(generation)) + 2) - 1e-9
        scores = {
            number: (1 - share) * own.get(number, 0.0) + share * (score + FOCUS * (number in focus))
            for number, score in drawn
        }
        mixed = (1 - share) * asked.vector + share * asked.drawn
        length = max(float(np.linalg.norm(mixed)), 1e-12)
        return _Ranking(
            order=sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])),
            weights={
                **{
                    stem: CARRIED_QUESTIONS * share * weight
                    for stem, weight in weights_before.items()
                    if weight < unknown
                },
                **weights,
            },
            cosines={
                number: ((1 - share) * cosines.get(number, 0.0) + share * drawn_cosines.get(number, 0.0)) / length
                for number in numbers
            },
            vector=(mixed / length).astype(np.float32),
            exhausted=exhausted,
        )


def _focus(snapshot: Snapshot, generation: int, answered: dict[int, float]) -> tuple[Filters | None, frozenset[int]]:
    """What lets only the article in focus pass, the one that has most of the words of the last answer; its passages."""
    if not answered:
        return None, frozenset()
    found = snapshot.passages([max(answered, key=lambda number: (answered[number], -number))], None)
    articles = tuple(passage.article.id for passage in found.values())
    if not articles:
        return None, frozenset()
    in_focus = Filters(article_ids=articles)
    passages = snapshot.allowed_passages(generation, in_focus)
    return in_focus, frozenset() if passages is None else frozenset(map(int, passages))


def _shown(
    snapshot: Snapshot,
    order: Sequence[tuple[int, float]],
    *,
    wanted: int,
    filters: Filters | None,
    weights: Mapping[str, float],
) -> list[tuple[FoundPassage, float]]:
    """The first ``wanted`` passages of ``order`` that say something that no near copy before them says."""
    copies = Copies(snapshot, sought=lambda word: any(stem in weights for stem in stems(word)))
    shown: list[tuple[FoundPassage, float]] = []
    step = wanted + SPARE
    for first in range(0, len(order), step):
        batch = order[first : first + step]
        found = snapshot.passages([number for number, _ in batch], filters)
        # What a damaged text says nobody has written.
        sound = {row: snapshot.has_sound_text(row) for row in {passage.text_id for passage in found.values()}}
        for number, score in batch:
            # A passage that went while the search was under way is not found any more.
            if number not in found or not sound[found[number].text_id]:
                continue
            if (passage := copies.show(found[number])) is not None:
                shown.append((passage, score))
                if len(shown) == wanted:
                    return shown
    return shown


@lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    """Start, end and stems of every sentence of a passage; the same passages answer again and again."""
    return tuple(
        (span.start, span.end, frozenset(stems(text[span.start : span.end]))) for span in chunking.sentences(text)
    )


def _evenly(numbers: Sequence[int], limit: int) -> list[int]:
    if len(numbers) <= limit:
        return list(numbers)
    first = (limit + 1) // 2
    rest = numbers[first:]
    return [*numbers[:first], *(rest[place * len(rest) // (limit - first)] for place in range(limit - first))]


def _passage(found: FoundPassage, score: float) -> Passage:
    article = found.article
    return Passage(
        id=found.id,
        article_id=article.id,
        revision=article.revision,
        title=article.title,
        source=article.source,
        published=article.published,
        start=found.start,
        end=found.end,
        text=found.text,
        score=score,
        also_in=found.also_in,
        page=found.page_of(found.start),
    )


def _reranked(reranker: Reranker, question: str, passages: Sequence[Passage]) -> list[Passage]:
    head, tail = passages[:RERANK_DEPTH], passages[RERANK_DEPTH:]
    scores = reranker.score(question, [f"{passage.title}\n{passage.text}" for passage in head])
    if len(scores) != len(head):
        raise InvalidInput(f"the reranker gave {len(scores)} scores for {len(head)} texts: it must give one for each")
    ranked = sorted(zip(scores, head, strict=True), key=lambda pair: -pair[0])
    floor = min((float(score) for score, _ in ranked), default=0.0)
    return [
        *(replace(passage, score=float(score)) for score, passage in ranked),
        # What was not asked about stays behind what was.
        *(replace(passage, score=floor - 1 - number) for number, passage in enumerate(tail)),
    ]
