"""The built-in reader as a torch module: MiniLM's layers, trained further, with three heads. It is imported late."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

# Ends the name of the scales of a matrix that is stored in eight bits, one scale for each row.
SCALE = ".scale"


class ReaderNetwork(nn.Module):
    """Reads ``[CLS] question [SEP] title passage [SEP]``.

    The word embeddings are those of the bundled encoder, unchanged; everything else is the reader's own.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.spans = nn.Linear(config.hidden_size, 2)
        self.judge = nn.Sequential(nn.Linear(config.hidden_size, config.hidden_size), nn.Tanh())
        self.verdicts = nn.Linear(config.hidden_size, 2)

    def words(self, input_ids: Tensor) -> Tensor:
        """The vectors of word pieces, shape ``(rows, tokens, 384)``."""
        vectors: Tensor = self.encoder.embeddings.word_embeddings(input_ids)
        return vectors

    def forward(self, words: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """What it says of some rows of word pieces.

        It is given their vectors, since whoever runs it has the encoder's already.

        Args:
            words: what `words` says of the word pieces, shape ``(rows, tokens, 384)``.
            attention_mask: 0 for what pads a row, shape ``(rows, tokens)``.
            token_type_ids: 0 for the question's part, 1 for the passage's, shape ``(rows, tokens)``.

        Returns:
            Logits of the first and the last word piece of the answer, shape ``(rows, tokens, 2)``, position 0 standing
            for no span; and logits of the passage answering, and of its being about what is asked, shape ``(rows, 2)``.
        """
        hidden = self.encoder(
            inputs_embeds=words, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.spans(hidden), self.verdicts(self.judge(hidden[:, 0]))

    @classmethod
    def from_encoder(cls, folder: Path) -> ReaderNetwork:
        """The untrained network over the encoder's weights in ``folder``, as training begins."""
        config = BertConfig.from_pretrained(folder, attn_implementation="sdpa")
        # Of one or two passes over the rows nothing is learnt by heart: dropping out only costs time.
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        network = cls(config)
        weights = load_file(folder / "model.safetensors")
        known = network.encoder.state_dict().keys()
        network.encoder.load_state_dict({name: weights[name] for name in known})
        return network

    @classmethod
    def from_files(cls, folder: Path, weights: Path) -> ReaderNetwork:
        """The trained network: word embeddings from the encoder's ``folder``, the rest from ``weights``."""
        network = cls.from_encoder(folder)
        trained = unpacked(load_file(weights))
        expected = {name for name in network.state_dict() if not is_embedding(name)}
        if trained.keys() != expected:
            raise ValueError(f"{weights} does not hold the reader's layers")
        network.load_state_dict(trained, strict=False)
        # Exact in half precision, so that it may be kept in it and says the same from the first time on.
        return network.half().float().eval()


def is_embedding(name: str) -> bool:
    """Whether a weight of the network is the encoder's own, and so is not stored with the reader."""
    return name.startswith("encoder.embeddings.")


def unpacked(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights that a file holds in half precision or in eight bits, in float32."""
    return {
        name: tensor.float() * stored[name + SCALE][:, None] if tensor.dtype == torch.int8 else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }
