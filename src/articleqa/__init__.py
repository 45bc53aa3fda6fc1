"""Answers from your own articles, with citations that are exact spans and are checked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from articleqa.types import (
    AddReport,
    Answer,
    Article,
    ArticleNotFound,
    ArticleQAError,
    ArticleRecord,
    Citation,
    Encoder,
    EncoderError,
    ExportReport,
    FeedOutcome,
    FeedReport,
    FeedState,
    Filters,
    ImportReport,
    IndexMismatch,
    InvalidInput,
    LanguageModelError,
    LibraryBusy,
    LibraryDamaged,
    LibraryError,
    LoadingError,
    MissingDependency,
    Order,
    Outcome,
    Passage,
    Progress,
    Quotes,
    Reader,
    ReaderError,
    Reading,
    RebuildReport,
    Reranker,
    Retrieved,
    Sentence,
    ServerError,
    SettingsError,
    SourceCount,
    Support,
    Token,
    Turn,
)

if TYPE_CHECKING:
    from articleqa.assistant import Assistant, Conversation
    from articleqa.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AddReport",
    "Answer",
    "Article",
    "ArticleNotFound",
    "ArticleQAError",
    "ArticleRecord",
    "Assistant",
    "Citation",
    "Conversation",
    "Encoder",
    "EncoderError",
    "ExportReport",
    "FeedOutcome",
    "FeedReport",
    "FeedState",
    "Filters",
    "ImportReport",
    "IndexMismatch",
    "InvalidInput",
    "LanguageModelError",
    "LibraryBusy",
    "LibraryDamaged",
    "LibraryError",
    "LoadingError",
    "MissingDependency",
    "Order",
    "Outcome",
    "Passage",
    "Progress",
    "Quotes",
    "Reader",
    "ReaderError",
    "Reading",
    "RebuildReport",
    "Reranker",
    "Retrieved",
    "Sentence",
    "ServerError",
    "Settings",
    "SettingsError",
    "SourceCount",
    "Support",
    "Token",
    "Turn",
    "__version__",
]

# What pulls in a library of its own is imported when it is first named, so that `articleqa --help` stays quick.
_LAZY = {
    "Assistant": "articleqa.assistant",
    "Conversation": "articleqa.assistant",
    "Settings": "articleqa.settings",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
