"""The search as other programs know it: a retriever of LlamaIndex."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from articleqa.types import Passage

if TYPE_CHECKING:
    from llama_index.core.base.base_retriever import BaseRetriever


def llama_index_retriever(
    search: Callable[[str], Sequence[Passage]],
) -> BaseRetriever:
    """``search``, best first, as a LlamaIndex retriever."""
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    class ArticleRetriever(BaseRetriever):
        """Finds passages of articles; each node's id, offsets and metadata lead back to the article."""

        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            passages = search(query_bundle.query_str)
            return [NodeWithScore(node=_node(passage), score=passage.score) for passage in passages]

        async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return await asyncio.to_thread(self._retrieve, query_bundle)

    def _node(passage: Passage) -> Any:
        metadata = {
            "article_id": passage.article_id,
            "revision": passage.revision,
            "title": passage.title,
            "source": passage.source,
            "published": passage.published,
            "page": passage.page,
        }
        return TextNode(
            id_=str(passage.id),
            text=passage.text,
            start_char_idx=passage.start,
            end_char_idx=passage.end,
            metadata=metadata,
            # Offsets and ids say nothing to a language model or an encoder.
            excluded_llm_metadata_keys=["article_id", "revision", "page"],
            excluded_embed_metadata_keys=list(metadata),
        )

    return ArticleRetriever()
