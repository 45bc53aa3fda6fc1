"""What this machine does, measured here and now in some twenty seconds, and the settings that follow from it."""

from articleqa.assistant.bench.measuring import measure
from articleqa.assistant.bench.values import Bench, Figure, Suggestion

__all__ = ["Bench", "Figure", "Suggestion", "measure"]
