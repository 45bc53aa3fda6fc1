"""What models are tried with, before anybody asks anything."""

from articleqa.types import Passage

A_QUESTION = "When was the mill by the river built?"
_TEXT = "The mill by the river was built in 1842. It stands empty now."
A_PASSAGE = Passage(0, "", 1, "The mill", None, None, 0, len(_TEXT), _TEXT, 1.0)
