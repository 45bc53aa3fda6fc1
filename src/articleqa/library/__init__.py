"""The truth: one SQLite file with whole articles, their passages, a full-text index and every vector."""

from articleqa.library.files import FileMark
from articleqa.library.lexical import STOP_STEMS, STOP_WORDS, LexicalQuery, stems
from articleqa.library.library import FILE_NAME, Library
from articleqa.library.records import FoundPassage, Generation, State
from articleqa.library.snapshot import Snapshot, text_digest
from articleqa.library.subscriptions import EntryOutcome, SeenEntry, Subscription
from articleqa.library.transfer import check_export, export_library, import_library, set_aside
from articleqa.library.verification import index_faults, missing_texts
from articleqa.library.writer import NewPassage, Stored, Writer, article_id, check_revision

__all__ = [
    "FILE_NAME",
    "STOP_STEMS",
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
    "State",
    "Stored",
    "Subscription",
    "Writer",
    "article_id",
    "check_export",
    "check_revision",
    "export_library",
    "import_library",
    "index_faults",
    "missing_texts",
    "set_aside",
    "stems",
    "text_digest",
]
