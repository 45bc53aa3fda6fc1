"""Hybrid search: words and meaning, fused; and the candidates from which an answer quotes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from articleqa import chunking
from articleqa.grounding import Candidate
from articleqa.library import FoundPassage, Generation, Library, Snapshot, stems
from articleqa.retrieval.copies import Copies
from articleqa.retrieval.sentence_vectors import SentenceVectors
from articleqa.types import Encoder, Filters, InvalidInput, Passage, Reranker, Vector
from articleqa.vectors import Vectors

if TYPE_CHECKING:
    from llama_index.core.base.base_retriever import BaseRetriever

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
# What the words of the turn before are worth in a question that leans on it.
CONTEXT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found.

    ``cosines`` are between question and passage, by passage id. ``weights`` are the question's stems with their inverse
    document frequency. ``vector`` is the question's.
    """

    passages: tuple[Passage, ...]
    weights: dict[str, float] = field(default_factory=dict)
    cosines: dict[int, float] = field(default_factory=dict)
    vector: Vector | None = None
    origins: dict[int, FoundPassage] = field(default_factory=dict)


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
        reranker: Reranker | None = None,
    ) -> None:
        self._library = library
        self._vectors = vectors
        self._open_encoder = encoder
        self._sentence_vectors = SentenceVectors(encoder)
        self._check = check
        self._reranker = reranker

    def search(self, question: str, *, limit: int, filters: Filters | None = None, context: str = "") -> Found:
        """The ``limit`` best passages for ``question``; ``context`` is what it leans on, when it is a follow-up.

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
            vector = _question_vector(encoder, question, context)
            return self._ranked(snapshot, generation, question, vector, limit=limit, filters=filters, context=context)

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

    def as_llama_index(self, *, limit: int = 10, filters: Filters | None = None) -> BaseRetriever:
        """This search as a LlamaIndex retriever."""
        return _llama_index_retriever(self, limit=limit, filters=filters)

    def _ranked(
        self,
        snapshot: Snapshot,
        generation: Generation,
        question: str,
        vector: Vector,
        *,
        limit: int,
        filters: Filters | None,
        context: str,
    ) -> Found:
        wanted = max(limit, RERANK_DEPTH) if self._reranker else limit
        allowed = snapshot.allowed_passages(generation.id, filters)
        depth = max(DEPTH, limit)
        while True:
            lexical, weights = _lexical(snapshot, generation, question, context, depth=depth, filters=filters)
            nearest = self._vectors.search(snapshot, vector, generation=generation.id, limit=depth, allowed=allowed)
            cosines = dict(nearest)
            unseen = np.array(sorted(set(lexical) - set(cosines)), dtype=np.int64)
            cosines.update(
                self._vectors.search(snapshot, vector, generation=generation.id, limit=len(unseen), allowed=unseen)
            )
            found = _shown(snapshot, fuse(lexical, cosines), wanted=wanted, filters=filters, weights=weights)
            if len(found) >= wanted or len(nearest) < depth:
                break
            depth *= DEEPER
        passages = [_passage(passage, score) for passage, score in found]
        if self._reranker is not None:
            passages = _reranked(self._reranker, question, passages)
        passages = passages[:limit]
        origins = {passage.id: passage for passage, _ in found}
        return Found(
            passages=tuple(passages),
            weights=weights,
            cosines=cosines,
            vector=vector,
            origins={passage.id: origins[passage.id] for passage in passages},
        )


def _lexical(
    snapshot: Snapshot,
    generation: Generation,
    question: str,
    context: str,
    *,
    depth: int,
    filters: Filters | None,
) -> tuple[dict[int, float], dict[str, float]]:
    """BM25 scores by passage id, and the weights of the stems that were searched for."""
    query = snapshot.lexical_query(generation.id, question)
    weights = dict(query.weights)
    scores = dict(snapshot.lexical_search(generation.id, query, limit=depth, filters=filters))
    if context:
        behind = snapshot.lexical_query(generation.id, context)
        for number, score in snapshot.lexical_search(generation.id, behind, limit=depth, filters=filters):
            scores[number] = scores.get(number, 0.0) + CONTEXT_SHARE * score
        for stem, weight in behind.weights.items():
            weights.setdefault(stem, CONTEXT_SHARE * weight)
    return scores, weights


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


def _question_vector(encoder: Encoder, question: str, context: str) -> Vector:
    vector = encoder.encode_query(question)
    if context:
        vector = vector + encoder.encode_query(f"{context} {question}")
        vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
    result: Vector = vector.astype(np.float32)
    return result


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


def _llama_index_retriever(retriever: Retriever, *, limit: int, filters: Filters | None) -> BaseRetriever:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    class ArticleRetriever(BaseRetriever):
        """Finds passages of articles; each node's id, offsets and metadata lead back to the article."""

        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            found = retriever.search(query_bundle.query_str, limit=limit, filters=filters)
            return [NodeWithScore(node=_node(passage), score=passage.score) for passage in found.passages]

        async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return await asyncio.to_thread(self._retrieve, query_bundle)

    def _node(passage: Passage) -> Any:
        metadata = {
            "article_id": passage.article_id,
            "revision": passage.revision,
            "title": passage.title,
            "source": passage.source,
            "published": passage.published,
            "page": passage.page,
        }
        return TextNode(
            id_=str(passage.id),
            text=passage.text,
            start_char_idx=passage.start,
            end_char_idx=passage.end,
            metadata=metadata,
            # Offsets and ids say nothing to a language model or an encoder.
            excluded_llm_metadata_keys=["article_id", "revision", "page"],
            excluded_embed_metadata_keys=list(metadata),
        )

    return ArticleRetriever()
