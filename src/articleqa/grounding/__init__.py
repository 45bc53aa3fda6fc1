"""What ties an answer to its evidence: pure functions, no I/O, no model, no storage."""

from articleqa.grounding.close_reading import (
    READ_MARGIN,
    Pointed,
    answering,
    pointed,
    reordered,
    reranked,
    windows,
)
from articleqa.grounding.composition import ABSTENTION, Draft, compose_messages, is_abstention, recites_instructions
from articleqa.grounding.confidence import Signals, after_reading, after_verification, confidence, signals
from articleqa.grounding.conflict import conflict
from articleqa.grounding.evidence import Candidate, Evidence, Ranked, as_evidence, coverage, distinct, rank, select
from articleqa.grounding.overviews import OverviewKind, OverviewQuestion, Scope, overview_question
from articleqa.grounding.parts import Part, open_parts, parts
from articleqa.grounding.periods import Period, find_period, without_limit
from articleqa.grounding.questions import (
    Carried,
    LibraryQuestion,
    carried,
    carried_share,
    leans_on_history,
    library_question,
    wants_recent,
)
from articleqa.grounding.recency import asked_period, prefer_recent
from articleqa.grounding.repetition import Wordings, news, wordings
from articleqa.grounding.rewriting import LONGEST_REWRITE, faithful_rewrite, rewrite_messages
from articleqa.grounding.suggestions import CandidateQuestion, candidate_questions
from articleqa.grounding.summary import AGREEING_WORDS, agreements, summarise
from articleqa.grounding.support import Verdict, judge

__all__ = [
    "ABSTENTION",
    "AGREEING_WORDS",
    "LONGEST_REWRITE",
    "READ_MARGIN",
    "Candidate",
    "CandidateQuestion",
    "Carried",
    "Draft",
    "Evidence",
    "LibraryQuestion",
    "OverviewKind",
    "OverviewQuestion",
    "Part",
    "Period",
    "Pointed",
    "Ranked",
    "Scope",
    "Signals",
    "Verdict",
    "Wordings",
    "after_reading",
    "after_verification",
    "agreements",
    "answering",
    "as_evidence",
    "asked_period",
    "candidate_questions",
    "carried",
    "carried_share",
    "compose_messages",
    "confidence",
    "conflict",
    "coverage",
    "distinct",
    "faithful_rewrite",
    "find_period",
    "is_abstention",
    "judge",
    "leans_on_history",
    "library_question",
    "news",
    "open_parts",
    "overview_question",
    "parts",
    "pointed",
    "prefer_recent",
    "rank",
    "recites_instructions",
    "reordered",
    "reranked",
    "rewrite_messages",
    "select",
    "signals",
    "summarise",
    "wants_recent",
    "windows",
    "without_limit",
    "wordings",
]
