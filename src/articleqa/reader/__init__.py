"""Extractive readers: where in a passage the answer to a question stands, and how sure it is that it is not there.

Whatever a reader says is a span of the passage that it was given: it cannot invent.
"""

from articleqa.reader.builtin import BuiltinReader
from articleqa.reader.opening import open_reader
from articleqa.reader.pretrained import PretrainedReader

__all__ = ["BuiltinReader", "PretrainedReader", "open_reader"]
