"""Measures answers against a set of articles and questions, shows them as a page, and compares two runs.

A set is a folder with ``articles.jsonl`` and ``questions.jsonl``. The measures:

- hit@k: one of the first k passages overlaps gold evidence (where a set has only relevant articles: is of one of them);
  MRR, over passages; nDCG@10, over articles in the order of their best passage, against ``qrels`` or the articles of
  the evidence (Järvelin and Kekäläinen, 2002).
- contains: the answer's text holds one of the gold answers; quote-contains: one of its quotes does; F1: token overlap
  with the nearest gold answer (Rajpurkar et al., 2016), of ``short`` where there is one. Refused questions count 0.
- refused: of the unanswerable questions (right, which is the recall) and of the answerable ones (wrong); precision:
  the unanswerable among those refused.
- exact citations: ``text[start:end] == quote``; citation precision: those that overlap gold evidence or hold an answer;
  citation recall: gold spans that a citation overlaps, of the answered answerable questions.
- sentences: shares by support, of the answered questions.
- AURC: the area under the risk-coverage curve, see :func:`articleqa.evaluation.curves.risk_coverage`.
- follow-ups, and each type of question: the above for these questions alone.
"""

from articleqa.evaluation.comparison import Comparison, Difference, check_comparable, compare
from articleqa.evaluation.judging import token_f1
from articleqa.evaluation.page import page
from articleqa.evaluation.report import EvaluationReport, check_target, load_report, save_report, write_whole
from articleqa.evaluation.results import Result
from articleqa.evaluation.run import evaluate
from articleqa.evaluation.sets import Evidence, Question, choose_questions, load_questions

__all__ = [
    "Comparison",
    "Difference",
    "EvaluationReport",
    "Evidence",
    "Question",
    "Result",
    "check_comparable",
    "check_target",
    "choose_questions",
    "compare",
    "evaluate",
    "load_questions",
    "load_report",
    "page",
    "save_report",
    "token_f1",
    "write_whole",
]
