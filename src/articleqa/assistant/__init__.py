"""The facade: everything that the product can do, for Python, the terminal, the browser and other programs alike."""

from articleqa.assistant.assistant import Assistant
from articleqa.assistant.bench import Bench, Figure, Suggestion
from articleqa.assistant.conversation import Conversation
from articleqa.assistant.health import Check
from articleqa.assistant.samples import sample_folder

__all__ = ["Assistant", "Bench", "Check", "Conversation", "Figure", "Suggestion", "sample_folder"]
