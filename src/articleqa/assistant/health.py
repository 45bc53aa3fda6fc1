"""What state everything is in, and what to do about what is wrong."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from articleqa.assistant.models import Models
from articleqa.assistant.trying import NO_READER, try_reader
from articleqa.ingest import check_fingerprint
from articleqa.library import Library
from articleqa.llm import check as check_language_model
from articleqa.settings import Settings
from articleqa.types import ArticleQAError, Encoder, IndexMismatch, LibraryError, Reader
from articleqa.vectors import Vectors
from articleqa.wording import plural

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_PACKAGES = (
    "articleqa",
    "sentence-transformers",
    "torch",
    "openvino",
    "faiss-cpu",
    "apsw",
    "llama-index-core",
    "gradio",
)


_PUT_BACK = (
    "put a copy of library.sqlite3 back (`articleqa import FILE --replace`), or add the articles again in a new folder"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``remedy`` says what to do where it is not ``ok``."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(settings: Settings, library: Library, vectors: Vectors, models: Models) -> list[Check]:
    """Look at everything. Nothing is changed."""
    return [
        _versions(),
        *_library(library, vectors),
        *_encoder(library, models.encoder),
        _reader(models.reader),
        _language_model(settings, models.language_model),
    ]


def _versions() -> Check:
    found, missing = [f"Python {platform.python_version()}"], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    remedy = f"pip install {' '.join(missing)}" if missing else ""
    return Check("versions", not missing, ", ".join(found), remedy)


def _library(library: Library, vectors: Vectors) -> Iterator[Check]:
    try:
        problems = library.integrity_problems()
        if problems:
            yield Check("library", False, f"{library.path}: {problems[0]}", _PUT_BACK)
            return
        checks = list(_contents(library, vectors))
    except LibraryError as error:
        yield Check("library", False, str(error), _PUT_BACK)
        return
    yield Check("library", True, str(library.path))
    yield from checks


def _contents(library: Library, vectors: Vectors) -> Iterator[Check]:
    with library.reading() as snapshot:
        generation = snapshot.generation()
        articles = snapshot.article_count()
        damaged_texts = snapshot.damaged_texts()
        passages = snapshot.passage_count(generation.id) if generation else 0
        damaged_vectors = snapshot.damaged_vectors(generation.id) if generation else []
        kept, growing = snapshot.kept_generation(), snapshot.growing_generation()
    yield Check(
        "articles",
        not damaged_texts,
        f"{plural(articles, 'article')}, {plural(passages, 'passage')}"
        + (f"; damaged: {', '.join(damaged_texts[:5])}" if damaged_texts else ""),
        "remove the damaged articles and add them again" if damaged_texts else "",
    )
    snapshot_problem = vectors.problem(generation.id) if generation else None
    detail = f"generation {generation.id}, {generation.encoder}" if generation else "no article yet"
    if kept is not None:
        detail += f"; generation {kept.id}, {kept.encoder}, is kept (`articleqa rebuild --rollback` returns to it)"
    if growing is not None:
        detail += "; a rebuild was interrupted, or is under way (`articleqa rebuild` goes on with it)"
    if damaged_vectors:
        yield Check("index", False, f"{detail}: {len(damaged_vectors)} vectors are damaged", "articleqa rebuild")
    elif snapshot_problem:
        yield Check("index", False, f"{detail}: {snapshot_problem}", "nothing: it is built again at the next question")
    else:
        yield Check("index", True, detail)


def _encoder(library: Library, encoder: Callable[[], Encoder]) -> Iterator[Check]:
    try:
        opened = encoder()
        opened.encode_query("Is anybody there?")
    except ArticleQAError as error:
        yield Check("encoder", False, str(error), "see `embedding` in the settings")
        return
    try:
        with library.reading() as snapshot:
            generation = snapshot.generation()
        if generation is not None:
            check_fingerprint(generation, opened)
    except IndexMismatch as error:
        yield Check("encoder", False, str(error), "articleqa rebuild")
        return
    except LibraryError:
        pass  # it has a check of its own
    facts = [opened.name, f"{opened.dimension} columns", f"{opened.max_tokens} tokens", getattr(opened, "backend", "")]
    yield Check("encoder", True, ", ".join(fact for fact in facts if fact))


def _reader(reader: Callable[[], Reader | None]) -> Check:
    try:
        opened = reader()
        try_reader(opened)
    except ArticleQAError as error:
        return Check("reader", False, str(error), "see `reader` in the settings, or set ARTICLEQA_READER=none")
    if opened is None:
        return Check("reader", True, NO_READER)
    facts = [getattr(opened, "name", type(opened).__name__), getattr(opened, "backend", "")]
    return Check("reader", True, ", ".join(fact for fact in facts if fact))


def _language_model(settings: Settings, language_model: Callable[[], LLM | None]) -> Check:
    try:
        model = language_model()
    except ArticleQAError as error:
        return Check("language model", False, str(error), "see `llm` in the settings")
    if model is None:
        return Check("language model", True, "none: answers are exact quotes")
    here = settings.llm.startswith(("gguf:", "openvino:"))
    # A model in the process is loaded by its first answer.
    fault = check_language_model(model, timeout=settings.llm_timeout) if here else check_language_model(model)
    if fault is not None:
        advice = "choose another in `llm`" if here else "start its server"
        return Check("language model", False, fault, f"{advice}, or set ARTICLEQA_LLM=none")
    return Check("language model", True, f"{settings.llm if settings.llm != 'none' else model.class_name()} answers")
