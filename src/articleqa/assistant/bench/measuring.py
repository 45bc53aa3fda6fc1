"""Measures one part after the other; what fails is said in its place, and the others are measured all the same."""

from __future__ import annotations

from dataclasses import dataclass

from articleqa import chunking, loading
from articleqa.assistant.bench.encoding import measure_encoder
from articleqa.assistant.bench.reading import measure_reader
from articleqa.assistant.bench.searching import measure_search
from articleqa.assistant.bench.values import Bench, Budget, Figure, Suggestion
from articleqa.assistant.bench.writing import measure_model
from articleqa.assistant.models import Models
from articleqa.assistant.samples import sample_folder
from articleqa.library import Library
from articleqa.retrieval import Retriever
from articleqa.settings import Settings
from articleqa.types import Article, ArticleQAError

SECONDS = 20.0
# Passages that are encoded and asked for, spread evenly over the library.
SAMPLED = 200


@dataclass(frozen=True, slots=True)
class _Material:
    """Passages to measure with, and how many there are in the library; 0 where they are of the samples."""

    texts: list[str]
    searched: int


def measure(settings: Settings, library: Library, retriever: Retriever, models: Models) -> Bench:
    """Measure the encoder, the search, the reader and the language model of one assistant, in some ``SECONDS``.

    Nothing is written that a question would not write.
    """
    budget = Budget(SECONDS)
    figures: list[Figure] = []
    suggestions: list[Suggestion] = []
    material = _material(library)
    try:
        encoder = models.encoder()
        measured = measure_encoder(settings, encoder, material.texts)
        figures += measured[0]
        suggestions += measured[1]
    except ArticleQAError as error:
        figures.append(Figure("encoder", None, "passages/s", str(error)))
    figures += measure_search(retriever, material.texts, material.searched)
    figures += measure_reader(models.reader, material.texts)
    written = measure_model(settings, models.language_model, material.texts, budget)
    figures += written[0]
    suggestions += written[1]
    return Bench(tuple(figures), tuple(suggestions), budget.spent)


def _material(library: Library) -> _Material:
    try:
        with library.reading() as snapshot:
            generation = snapshot.generation()
            if generation is not None and (searched := snapshot.passage_count(generation.id)):
                chosen = snapshot.sampled_passages(generation.id, SAMPLED)[:SAMPLED]
                found = snapshot.passages(chosen)
                return _Material([passage.text for passage in found.values()], searched)
    except ArticleQAError:
        pass  # a library that cannot be read has a check of its own
    articles = [each for each in loading.load(sample_folder(), limits=loading.Limits()) if isinstance(each, Article)]
    paragraphs = [article.text[start:end] for article in articles for start, end in chunking.paragraphs(article.text)]
    return _Material(paragraphs[:SAMPLED], 0)
