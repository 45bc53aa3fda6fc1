"""The first screen: what to do, by what is in the library."""

from __future__ import annotations

from collections.abc import Sequence

from articleqa.ui.markup import escape

_SUGGESTIONS = 3
# Of any library, where the articles themselves suggest too little.
_ABOUT_ANY = ("Which articles do you have?", "What is new?")


def render(suggestions: Sequence[str], *, articles: int, samples: bool) -> str:
    """The first screen of a library of so many articles; ``samples`` says that they are those of the program."""
    if not articles:
        return (
            '<section class="welcome"><h2>Answers from your own articles</h2>'
            "<p>The library is empty. Add a few articles, then ask about them: "
            "the answer will be their exact words, each with its source.</p>"
            '<p class="choices"><button type="button" class="primary" data-show="library">Add articles</button>'
            '<button type="button" class="secondary" data-event="samples">Try it with the samples</button></p>'
            "</section>"
        )
    questions = [*suggestions, *_ABOUT_ANY][: max(_SUGGESTIONS, len(suggestions))]
    hint = (
        "These articles explain the program. Add your own in the library, and ask about them."
        if samples
        else "Every quotation is checked, and opens in its article."
    )
    items = "".join(
        f'<li><button type="button" class="suggestion" data-ask="{escape(question)}" dir="auto">'
        f"{escape(question)}</button></li>"
        for question in questions
    )
    return (
        '<section class="welcome"><h2>Answers from your own articles</h2>'
        f'<p>{hint}</p><ul class="suggestions" aria-label="Questions to begin with">{items}</ul></section>'
    )
