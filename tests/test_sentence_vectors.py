"""Vectors of sentences are kept for the next question, and stay what the encoder says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from articleqa.retrieval.sentence_vectors import SentenceVectors
from encoders import HashingEncoder

SENTENCES = [f"Sentence number {number} is about the harbour." for number in range(12)]


@given(st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6), max_size=10), st.integers(0, 8))
def test_the_vectors_are_those_of_the_encoder(asked: list[list[str]], kept: int) -> None:
    vectors = SentenceVectors(HashingEncoder, kept=kept)
    for texts in asked:
        np.testing.assert_array_equal(vectors.of(texts), HashingEncoder().encode_documents(texts))


def test_a_sentence_is_encoded_once_while_it_is_kept() -> None:
    encoder = HashingEncoder()
    vectors = SentenceVectors(lambda: encoder, kept=3)
    first, second, third, fourth = SENTENCES[:4]
    vectors.of([first, second, first])
    vectors.of([second, third])
    vectors.of([first])
    assert encoder.encoded == [first, second, third]
    vectors.of([fourth])  # the second is the one that was asked for longest ago
    vectors.of([first, third])
    assert encoder.encoded == [first, second, third, fourth]
    vectors.of([second])
    assert encoder.encoded == [first, second, third, fourth, second]


def test_threads_get_their_own_sentences() -> None:
    vectors = SentenceVectors(HashingEncoder, kept=2)

    def right(number: int) -> bool:
        texts = [SENTENCES[number % 12], SENTENCES[(number + 5) % 12]]
        return bool(np.array_equal(vectors.of(texts), HashingEncoder().encode_documents(texts)))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(right, range(400)))
