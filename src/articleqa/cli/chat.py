"""A conversation in the terminal, or one whose questions are piped in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

from rich.text import Text

from articleqa.assistant import Assistant
from articleqa.cli import render
from articleqa.cli.screen import Screen
from articleqa.cli.text import one_line
from articleqa.types import Answer, ArticleQAError, Citation, Filters, InvalidInput, Passage

_PROMPT = "> "
_COMMANDS = "/sources lists the sources of the answer, /sources N shows one in its article, /quit ends"


class Chat:
    """Reads questions until ``/quit``, Ctrl-C or the end of the input."""

    def __init__(self, assistant: Assistant, screen: Screen, *, filters: Filters | None = None) -> None:
        self._assistant = assistant
        self._screen = screen
        self._conversation = assistant.conversation(filters=filters)
        self._interactive = sys.stdin.isatty()
        self._answer: Answer | None = None
        self._failures = 0

    def run(self) -> None:
        """Hold the conversation.

        Raises:
            ArticleQAError: at the end, if something that was piped in could not be done.
        """
        if self._interactive:
            with suppress(ImportError):
                import readline  # noqa: F401 - once it is there, input() edits lines and remembers them
            self._screen.line(f"Ask about your articles. {_COMMANDS}.")
        with suppress(EOFError, KeyboardInterrupt):
            while (said := self._read()) != "/quit":
                if said:
                    self._take(said)
        if self._interactive:
            self._screen.line()
        elif self._failures:
            raise ArticleQAError(f"{self._failures} of the lines that were piped in could not be answered")

    def _read(self) -> str:
        if self._interactive:
            return input(_PROMPT).strip()
        said = input().strip()
        if said:
            self._screen.line(Text(one_line(said), style="bold"), prefix=_PROMPT)
        return said

    def _take(self, said: str) -> None:
        try:
            if said.startswith("/"):
                self._obey(said)
            else:
                self._ask(said)
        except ArticleQAError as error:
            # Here a failure is one reply among others.
            self._failures += 1
            self._screen.line(one_line(str(error)))
        except KeyboardInterrupt:
            if not self._interactive:
                raise
            self._screen.line()
            self._screen.line("Stopped.")
        self._screen.line()

    def _ask(self, question: str) -> None:
        lines = render.AnswerLines(self._screen, composing=self._assistant.settings.llm != "none")
        for event in self._conversation.stream(question):
            lines.show(event)
            if isinstance(event, Answer):
                self._answer = event

    def _obey(self, said: str) -> None:
        command, _, argument = said.partition(" ")
        if command != "/sources":
            raise InvalidInput(f"{command} is not known here: {_COMMANDS}")
        if not argument.strip():
            render.spans(self._screen, self._spans())
            return
        span = self._span(argument.strip())
        article = self._assistant.article(span.article_id, revision=span.revision)
        render.context(self._screen, article, span)

    def _span(self, number: str) -> Citation | Passage:
        spans = self._spans()
        if not number.isdecimal() or not 1 <= int(number) <= len(spans):
            raise InvalidInput(f"there is no source {number}: the last answer has {len(spans)}")
        return spans[int(number) - 1]

    def _spans(self) -> Sequence[Citation | Passage]:
        """What the numbers on the screen mean: the citations of the last answer, or the passages shown instead."""
        if self._answer is None:
            raise InvalidInput("there are no sources yet: ask something first")
        return self._answer.citations or self._answer.passages[: render.NEAREST]
