"""Hybrid search: words and meaning, fused; and the candidates from which an answer quotes."""

from articleqa.retrieval.retriever import DEPTH, LEXICAL_SHARE, RERANK_DEPTH, Found, Retriever, fuse, readable

__all__ = ["DEPTH", "LEXICAL_SHARE", "RERANK_DEPTH", "Found", "Retriever", "fuse", "readable"]
