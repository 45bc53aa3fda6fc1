"""The vocabulary of Article QA: values, protocols and the error tree. It imports nothing of ours.

Every offset is a count of Python code points into ``Article.text``. Every date is UTC in ISO 8601, either a day
(``2024-11-07``) or a moment (``2024-11-07T09:30:00Z``), or ``None`` where the article does not say.
"""

from articleqa.types.answers import (
    Answer,
    Citation,
    Event,
    Outcome,
    Passage,
    Quotes,
    Reading,
    Retrieved,
    Sentence,
    Support,
    Token,
    Turn,
)
from articleqa.types.articles import Article, ArticleRecord, Filters, Order, SourceCount
from articleqa.types.dates import utc_date
from articleqa.types.errors import (
    ArticleNotFound,
    ArticleQAError,
    EncoderError,
    IndexMismatch,
    InvalidInput,
    LanguageModelError,
    LibraryBusy,
    LibraryDamaged,
    LibraryError,
    LoadingError,
    MissingDependency,
    ReaderError,
    ServerError,
    SettingsError,
)
from articleqa.types.feeds import FeedOutcome, FeedReport, FeedState
from articleqa.types.reports import (
    AddReport,
    ExportReport,
    ImportReport,
    Progress,
    ProgressCallback,
    RebuildReport,
)
from articleqa.types.seams import Encoder, Entailment, Judge, Matrix, Reader, Reranker, Vector

__all__ = [
    "AddReport",
    "Answer",
    "Article",
    "ArticleNotFound",
    "ArticleQAError",
    "ArticleRecord",
    "Citation",
    "Encoder",
    "EncoderError",
    "Entailment",
    "Event",
    "ExportReport",
    "FeedOutcome",
    "FeedReport",
    "FeedState",
    "Filters",
    "ImportReport",
    "IndexMismatch",
    "InvalidInput",
    "Judge",
    "LanguageModelError",
    "LibraryBusy",
    "LibraryDamaged",
    "LibraryError",
    "LoadingError",
    "Matrix",
    "MissingDependency",
    "Order",
    "Outcome",
    "Passage",
    "Progress",
    "ProgressCallback",
    "Quotes",
    "Reader",
    "ReaderError",
    "Reading",
    "RebuildReport",
    "Reranker",
    "Retrieved",
    "Sentence",
    "ServerError",
    "SettingsError",
    "SourceCount",
    "Support",
    "Token",
    "Turn",
    "Vector",
    "utc_date",
]
