"""What models are tried with, before anybody asks anything."""

from articleqa.types import Passage, Reader

A_QUESTION = "When was the mill by the river built?"
NO_READER = "none: words and meaning choose the quotes"
_TEXT = "The mill by the river was built in 1842. It stands empty now."
_PASSAGE = Passage(0, "", 1, "The mill", None, None, 0, len(_TEXT), _TEXT, 1.0)


def try_reader(reader: Reader | None) -> None:
    """Have it read once, which compiles it."""
    if reader is not None:
        reader.read(A_QUESTION, [_PASSAGE])
