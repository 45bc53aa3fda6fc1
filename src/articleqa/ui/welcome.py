"""The first screen: what to do, by what is in the library."""

from __future__ import annotations

from collections.abc import Sequence

from articleqa.assistant import sample_folder
from articleqa.types import ArticleRecord
from articleqa.ui.markup import escape

_ABOUT_SAMPLES = ("What is Article QA?", "What is a citation here?", "Does anything leave my computer?")
_ABOUT_ANY = ("Which articles do you have?", "What is new?")


def render(records: Sequence[ArticleRecord]) -> str:
    """The first screen for a library that holds ``records``, or begins with them."""
    if not records:
        return (
            '<section class="welcome"><h2>Answers from your own articles</h2>'
            "<p>The library is empty. Add a few articles, then ask about them: "
            "the answer will be their exact words, each with its source.</p>"
            '<p><button type="button" class="primary" data-show="library">Add articles</button></p></section>'
        )
    samples = str(sample_folder().resolve())
    only_samples = all(record.origin.startswith(samples) for record in records)
    questions = _ABOUT_SAMPLES if only_samples else _ABOUT_ANY
    hint = (
        "These articles explain the program. Add your own in the library, and ask about them."
        if only_samples
        else "Every quotation is checked, and opens in its article."
    )
    items = "".join(
        f'<li><button type="button" class="suggestion" data-ask="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return (
        '<section class="welcome"><h2>Answers from your own articles</h2>'
        f'<p>{hint}</p><ul class="suggestions" aria-label="Questions to begin with">{items}</ul></section>'
    )
