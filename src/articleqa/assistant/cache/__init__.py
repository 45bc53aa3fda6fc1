"""Answers that a language model wrote, kept beside the library and given again where nothing has changed for them.

What the articles say is looked up for every question, which takes no time to speak of. Where it is what it was when the
same question was asked before, the language model would be shown the same, and is not asked again.
"""

from articleqa.assistant.cache.cache import AnswerCache
from articleqa.assistant.cache.purging import PurgingIngest

__all__ = ["AnswerCache", "PurgingIngest"]
