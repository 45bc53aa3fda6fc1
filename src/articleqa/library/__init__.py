"""The truth: one SQLite file with whole articles, their passages, a full-text index and every vector."""

from articleqa.library.files import FileMark
from articleqa.library.lexical import STOP_WORDS, LexicalQuery, stems
from articleqa.library.library import Library
from articleqa.library.records import FoundPassage, Generation
from articleqa.library.snapshot import Snapshot, text_digest
from articleqa.library.subscriptions import EntryOutcome, SeenEntry, Subscription
from articleqa.library.writer import NewPassage, Stored, Writer, article_id, check_revision

__all__ = [
    "STOP_WORDS",
    "EntryOutcome",
    "FileMark",
    "FoundPassage",
    "Generation",
    "LexicalQuery",
    "Library",
    "NewPassage",
    "SeenEntry",
    "Snapshot",
    "Stored",
    "Subscription",
    "Writer",
    "article_id",
    "check_revision",
    "stems",
    "text_digest",
]
