"""Language models from a settings string, and text out of any LlamaIndex ``LLM``. It knows no prompt.

Every failure of a model is a ``LanguageModelError`` of one line that names the model and says what to do.
"""

from articleqa.llm.fetching import fetch
from articleqa.llm.opening import close_llm, open_llm
from articleqa.llm.stream import check, complete_text, stream_text

__all__ = ["check", "close_llm", "complete_text", "fetch", "open_llm", "stream_text"]
