"""What ties an answer to its evidence: pure functions, no I/O, no model, no storage."""

from articleqa.grounding.composition import ABSTENTION, Draft, compose_messages, is_abstention
from articleqa.grounding.confidence import Signals, confidence, signals
from articleqa.grounding.evidence import Candidate, Evidence, rank, select
from articleqa.grounding.questions import LibraryQuestion, follow_up_context, library_question, wants_recent
from articleqa.grounding.support import Verdict, judge

__all__ = [
    "ABSTENTION",
    "Candidate",
    "Draft",
    "Evidence",
    "LibraryQuestion",
    "Signals",
    "Verdict",
    "compose_messages",
    "confidence",
    "follow_up_context",
    "is_abstention",
    "judge",
    "library_question",
    "rank",
    "select",
    "signals",
    "wants_recent",
]
