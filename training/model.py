"""What the reader learns from: the loss of a batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from articleqa.bundled import bundled_folder
from articleqa.reader.network import ReaderNetwork


def untrained() -> ReaderNetwork:
    """The network as training begins: the word embeddings stay as they are, since the product has them already."""
    network = ReaderNetwork.from_encoder(bundled_folder())
    # Spelled out, attention goes back through a batch of short rows in half the time on a CPU.
    network.encoder.set_attn_implementation("eager")
    network.encoder.embeddings.requires_grad_(requires_grad=False)
    return network


def outside(attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
    """Where no span may lie: in the question and in what pads a row. Position 0 stands for no span and is allowed."""
    places = (token_type_ids == 0) | (attention_mask == 0)
    places[:, 0] = False
    return places


def loss(
    logits: Tensor, verdicts: Tensor, forbidden: Tensor, spans: Tensor, answerable: Tensor, relevant: Tensor
) -> Tensor:
    """The mean loss of a batch.

    Any of a row's answers will do: what is learnt is that one of them is chosen. A row without one points at
    position 0.

    Args:
        logits: of first and last word pieces, shape ``(rows, tokens, 2)``.
        verdicts: logits of answering and of being relevant, shape ``(rows, 2)``.
        forbidden: see `outside`, shape ``(rows, tokens)``.
        spans: shape ``(rows, 3, 2)``, -1 where there is no further answer.
        answerable: 1, 0, shape ``(rows,)``.
        relevant: 1, 0, or -1 where nobody knows, shape ``(rows,)``.
    """
    logs = logits.float().masked_fill(forbidden[:, :, None], -1e4).log_softmax(dim=1)
    some = spans >= 0
    some[:, 0] = True
    places = spans.clamp(min=0)
    chosen = torch.stack([logs[:, :, end].gather(1, places[:, :, end]) for end in (0, 1)], dim=2)
    span_loss = -chosen.masked_fill(~some, -1e4).sum(dim=2).logsumexp(dim=1).mean()
    verdicts = verdicts.float()
    answerable_loss = nn.functional.binary_cross_entropy_with_logits(verdicts[:, 0], answerable.float())
    known = relevant >= 0
    relevant_loss = (
        nn.functional.binary_cross_entropy_with_logits(verdicts[known, 1], relevant[known].float())
        if known.any()
        else verdicts.sum() * 0
    )
    return span_loss / 2 + 0.5 * answerable_loss + 0.25 * relevant_loss
