"""Questions that an article answers, made from its own statements: for the first screen."""

from articleqa.grounding.suggestions.candidates import CandidateQuestion, candidate_questions

__all__ = ["CandidateQuestion", "candidate_questions"]
