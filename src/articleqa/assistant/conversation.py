"""A conversation: questions that may lean on those before."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

from articleqa.types import Answer, Event, Filters, Turn

if TYPE_CHECKING:
    from articleqa.assistant.assistant import Assistant

# Turns that are kept: a follow-up never leans further back.
KEPT_TURNS = 40


class Conversation:
    """Remembers what was asked and answered. Obtained from :meth:`Assistant.conversation`."""

    def __init__(self, assistant: Assistant, *, filters: Filters | None = None) -> None:
        self._assistant = assistant
        self._filters = filters
        self._turns: list[Turn] = []
        self._lock = threading.Lock()

    @property
    def history(self) -> tuple[Turn, ...]:
        """The turns so far, oldest first."""
        with self._lock:
            return tuple(self._turns)

    def ask(self, question: str, *, asked_on: date | None = None, filters: Filters | None = None) -> Answer:
        """Ask, with all that was said before. See :meth:`Assistant.ask`."""
        answer = self._assistant.ask(
            question, history=self.history, asked_on=asked_on, filters=filters or self._filters
        )
        self._remember(question, answer)
        return answer

    def stream(
        self, question: str, *, asked_on: date | None = None, filters: Filters | None = None
    ) -> Generator[Event, None, None]:
        """Ask, and follow the answer as it is made. See :meth:`Assistant.stream`."""
        events = self._assistant.stream(
            question, history=self.history, asked_on=asked_on, filters=filters or self._filters
        )
        return self._followed(question, events)

    def _followed(self, question: str, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        with closing(events):
            for event in events:
                if isinstance(event, Answer):
                    self._remember(question, event)
                yield event

    def _remember(self, question: str, answer: Answer) -> None:
        with self._lock:
            self._turns += [Turn("user", question), Turn("assistant", answer.text)]
            del self._turns[:-KEPT_TURNS]
