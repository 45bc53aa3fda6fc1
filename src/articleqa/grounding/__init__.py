"""What ties an answer to its evidence: pure functions, no I/O, no model, no storage."""

from articleqa.grounding.composition import ABSTENTION, Draft, compose_messages, is_abstention
from articleqa.grounding.confidence import Signals, confidence, signals
from articleqa.grounding.evidence import Candidate, Evidence, Ranked, rank, select
from articleqa.grounding.questions import LibraryQuestion, follow_up_context, library_question, wants_recent
from articleqa.grounding.repetition import Wordings, news, wordings
from articleqa.grounding.suggestions import CandidateQuestion, candidate_questions
from articleqa.grounding.support import Verdict, judge

__all__ = [
    "ABSTENTION",
    "Candidate",
    "CandidateQuestion",
    "Draft",
    "Evidence",
    "LibraryQuestion",
    "Ranked",
    "Signals",
    "Verdict",
    "Wordings",
    "candidate_questions",
    "compose_messages",
    "confidence",
    "follow_up_context",
    "is_abstention",
    "judge",
    "library_question",
    "news",
    "rank",
    "select",
    "signals",
    "wants_recent",
    "wordings",
]
