"""What ties an answer to its evidence: pure functions, no I/O, no model, no storage."""

from articleqa.grounding.composition import ABSTENTION, Draft, compose_messages, is_abstention
from articleqa.grounding.confidence import Signals, confidence, signals
from articleqa.grounding.evidence import Candidate, Evidence, Ranked, rank, select
from articleqa.grounding.questions import (
    Carried,
    LibraryQuestion,
    carried,
    carried_share,
    leans_on_history,
    library_question,
    wants_recent,
)
from articleqa.grounding.repetition import Wordings, news, wordings
from articleqa.grounding.rewriting import LONGEST_REWRITE, faithful_rewrite, rewrite_messages
from articleqa.grounding.suggestions import CandidateQuestion, candidate_questions
from articleqa.grounding.support import Verdict, judge

__all__ = [
    "ABSTENTION",
    "LONGEST_REWRITE",
    "Candidate",
    "CandidateQuestion",
    "Carried",
    "Draft",
    "Evidence",
    "LibraryQuestion",
    "Ranked",
    "Signals",
    "Verdict",
    "Wordings",
    "candidate_questions",
    "carried",
    "carried_share",
    "compose_messages",
    "confidence",
    "faithful_rewrite",
    "is_abstention",
    "judge",
    "leans_on_history",
    "library_question",
    "news",
    "rank",
    "rewrite_messages",
    "select",
    "signals",
    "wants_recent",
    "wordings",
]
