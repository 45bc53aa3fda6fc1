"""What a library has to hold, and what happens to it next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

Step = list[Any]
# The articles of a feed, in their order: each with its id and text.
Feed = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class State:
    """What a library holds: the text of each article, and every text of it that may be kept."""

    held: dict[str, str] = field(default_factory=dict)
    kept: dict[str, frozenset[str]] = field(default_factory=dict)

    def with_text(self, key: str, text: str) -> State:
        """The same, with an article that has this text now."""
        kept = {**self.kept, key: self.kept.get(key, frozenset()) | {text}}
        return State({**self.held, key: text}, kept)

    def without(self, key: str) -> State:
        """The same, without an article."""
        return State(
            {other: text for other, text in self.held.items() if other != key},
            {other: texts for other, texts in self.kept.items() if other != key},
        )

    @property
    def pruned(self) -> State:
        """The same, without what is not current any more."""
        return replace(self, kept={key: frozenset([text]) for key, text in self.held.items()})

    @property
    def may_be_kept(self) -> set[str]:
        """Every text that may be somewhere in the file."""
        return {text for texts in self.kept.values() for text in texts}


class Model:
    """One library's state, and the dice that say what happens to it."""

    def __init__(self, random: Random, exports: Path) -> None:
        self.random = random
        self.state = State()
        self.exported: dict[str, State] = {}
        self.fed: dict[str, Feed] = {}
        self._exports = exports
        self._made = 0

    def text(self) -> str:
        """A new text of some passages, one that is there already, or one that is much like it."""
        known = sorted(self.state.held.values())
        if known and self.random.random() < 0.25:
            text = self.random.choice(known)
            return text if self.random.random() < 0.5 else text + " And one more thing."
        self._made += 1
        words = [f"word{self.random.randrange(400)}" for _ in range(self.random.choice([12, 120, 900]))]
        sentences = [" ".join(words[place : place + 12]) for place in range(0, len(words), 12)]
        paragraphs = [". ".join(sentences[place : place + 6]) for place in range(0, len(sentences), 6)]
        return f"Text {self._made} of the archive. " + ".\n\n".join(paragraphs)

    def step(self, state: State) -> Step:
        """Something that may happen to a library in such a state."""
        kinds = ["add"] * 4 + ["retitle"] + ["remove"] * 2 + ["rebuild", "rollback", "flush"] + ["search"] * 2
        return self.step_of(self.random.choice(kinds), state)

    def step_of(self, kind: str, state: State) -> Step:
        """One step of that kind; one that adds where there is nothing to which that could be done."""
        if kind == "remove" and state.held:
            count = self.random.choice([1, 1, 3])
            return ["remove", *self.random.sample(sorted(state.held), k=min(count, len(state.held)))]
        if kind == "rebuild" and state.held:
            return ["rebuild", self.random.choice("12")]
        if kind == "export":
            return ["export", str(self._exports / f"export-{len(self.exported)}")]
        if kind == "import" and self.exported:
            return ["import", self.random.choice(sorted(self.exported))]
        if kind in ("rollback", "flush"):
            return [kind]
        if kind == "retitle" and state.held:
            text = state.held[self.random.choice(sorted(state.held))]
            # Of copies, only when the last has got another title the text has to be indexed under that.
            keys = [key for key, other in state.held.items() if other == text]
            return ["add", [[key, f"Other title {self.random.randrange(60)}", text] for key in keys]]
        if kind == "search":
            return ["search", "word7 word8"]
        numbers = self.random.sample(range(40), k=self.random.choice([1, 1, 2, 8]))
        return ["add", [[f"a{key}", f"Title {self.random.randrange(60)}", self.text()] for key in numbers]]

    def outcomes(self, step: Step, state: State) -> list[State]:
        """What there may be while ``step`` is under way, the last of them once it is done."""
        match step:
            case ["add", articles]:
                after = state
                for key, _, text in articles:
                    after = after.with_text(key, text)
                return [state, after]
            case ["remove", *keys]:
                after = state
                for key in keys:
                    after = after.without(key)
                return [state, after]
            case ["rebuild", _]:
                return [state, state.pruned]
            case ["import", path]:
                return [state, self.exported[path]]
            case ["poll", url]:
                states = [state]
                for key, text in self.fed[url]:
                    states.append(states[-1].with_text(key, text))
                return states
            case _:
                return [state]
