"""What came after the quotes of one answer, as bytes and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeAlias

from articleqa.types import Answer, Citation, Outcome, Passage, Sentence, Support, Token

Told: TypeAlias = Token | Sentence

# What of an answer is not recorded: its passages and times are found anew, and spans are of quotes that nobody wrote.
_FOUND_ANEW = ("passages", "timings", "spans")


class UnreadableRecording(Exception):
    """It was written by another version, or is none."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was told after the quotes, in its order, and the answer, without its passages and timings."""

    told: tuple[Told, ...]
    answer: Answer

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation, of the answer and of each sentence on the way to it."""
        sentences = [each for each in self.told if isinstance(each, Sentence)]
        cited = (citation for sentence in (*sentences, *self.answer.sentences) for citation in sentence.citations)
        return tuple(dict.fromkeys((*self.answer.citations, *cited)))

    def again(self, passages: Sequence[Passage], timings: dict[str, float]) -> Answer:
        """The answer with the passages that are found for it now, and the time that it took now."""
        kept = {field.name: getattr(self.answer, field.name) for field in fields(Answer)}
        return Answer(**{**kept, "passages": tuple(passages), "timings": timings})

    def as_bytes(self) -> bytes:
        """For :meth:`from_bytes`."""
        citations = self.citations
        places = {citation: place for place, citation in enumerate(citations)}

        def as_list(sentence: Sentence) -> list[Any]:
            return [sentence.text, sentence.support, [places[citation] for citation in sentence.citations]]

        answer = {
            field.name: getattr(self.answer, field.name) for field in fields(Answer) if field.name not in _FOUND_ANEW
        }
        answer["sentences"] = [as_list(sentence) for sentence in self.answer.sentences]
        answer["citations"] = [places[citation] for citation in self.answer.citations]
        content = {
            "citations": [asdict(citation) for citation in citations],
            "told": [each.text if isinstance(each, Token) else as_list(each) for each in self.told],
            "answer": answer,
        }
        return json.dumps(content).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Recording:
        """What :meth:`as_bytes` wrote.

        Raises:
            UnreadableRecording: if it was something else.
        """
        try:
            read = json.loads(content)
            citations = [Citation(**{**each, "also_in": tuple(each["also_in"])}) for each in read["citations"]]

            def sentence(entry: list[Any]) -> Sentence:
                text, support, places = entry
                return Sentence(text, tuple(citations[place] for place in places), Support(support))

            answer = read["answer"]
            answer |= {
                "outcome": Outcome(answer["outcome"]),
                "sentences": tuple(map(sentence, answer["sentences"])),
                "citations": tuple(citations[place] for place in answer["citations"]),
                "notes": tuple(answer["notes"]),
            }
            told = tuple(Token(each) if isinstance(each, str) else sentence(each) for each in read["told"])
            return cls(told, Answer(**answer))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise UnreadableRecording from error
