"""Models in OpenVINO's format that a hub has. They are fetched when somebody asks for it, and at no other time.

Files are fetched here and not by huggingface_hub, which begins a file anew when its last run broke off.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from articleqa.inference import cache_folder, file_digest
from articleqa.llm.failures import one_line
from articleqa.types import InvalidInput, LanguageModelError, Progress, ProgressCallback

if TYPE_CHECKING:
    import httpx
    from huggingface_hub.hf_api import RepoFile

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
# What such a model consists of, all in one folder, besides the weights of each network; whatever else its authors keep
# beside it is not needed.
_SUFFIXES = (".xml", ".json", ".jinja", ".txt")
# Says which state of the model is in a folder, once all of it is.
_WHOLE = "articleqa-fetched"
_SECONDS = 30.0
_GATED = "the hub gives {} only to those who agreed to its terms: do so on its page, and set HF_TOKEN"


def is_hub_id(name: str) -> bool:
    """Whether ``name`` has the form of a model on a hub, ``owner/name``."""
    return bool(_HUB_ID.fullmatch(name))


def fetched(name: str) -> Path | None:
    """The folder of a model that was fetched before, wholly; None where it was not."""
    folder = _folder(name)
    return folder if folder is not None and (folder / _WHOLE).is_file() else None


def fetch(spec: str, *, progress: ProgressCallback | None = None) -> Path:
    """Fetch the model that a setting names, ``openvino:owner/name``, and return its folder.

    What has come already is not fetched again, not even the part of a file. Every file is held against the checksum
    that the hub tells.

    Raises:
        InvalidInput: if ``spec`` names no model on a hub.
        MissingDependency: if what runs it is not installed.
        LanguageModelError: if the hub does not have it or cannot be reached, or a file is not what it should be.
    """
    kind, _, name = spec.partition(":")
    if kind != "openvino" or not is_hub_id(name):
        raise InvalidInput(f"{spec!r} names no model on a hub: write openvino:owner/name")
    folder = _folder(name)
    if folder is None:
        raise LanguageModelError("there is no home folder to keep a model in: set XDG_CACHE_HOME to a folder")
    import httpx
    from huggingface_hub import get_token
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    from articleqa.llm.openvino import check_installed

    check_installed()
    try:
        commit, files = _listed(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _WHOLE).unlink(missing_ok=True)
        meter = _Meter(sum(file.size for file in files), progress)
        token = get_token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(headers=headers, timeout=_SECONDS, follow_redirects=True) as client:
            for file in files:
                _complete(client, name, commit, file, folder / file.path, meter)
        (folder / _WHOLE).write_text(f"{commit}\n", encoding="ascii")
    except LanguageModelError:
        raise
    except GatedRepoError as error:
        raise LanguageModelError(_GATED.format(name)) from error
    except RepositoryNotFoundError as error:
        raise LanguageModelError(
            f"the hub has no model {name}: correct its name, or set HF_TOKEN if it is private"
        ) from error
    except Exception as error:  # whatever a network, a hub or a disk does, people do the same about it
        raise LanguageModelError(
            f"{name} cannot be fetched ({one_line(str(error)) or type(error).__name__}): what has come is kept, so run "
            "the same command again once the cause is gone"
        ) from error
    return folder


def _folder(name: str) -> Path | None:
    base = cache_folder()
    return None if base is None else base / "models" / name.replace("/", "--")


def _listed(name: str) -> tuple[str, list[RepoFile]]:
    """The state of a model on the hub, and its files."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    from articleqa.llm.openvino import PARTS

    hub = HfApi()
    commit = hub.model_info(name).sha or "main"
    tree = hub.list_repo_tree(name, revision=commit)
    files = {each.path: each for each in tree if isinstance(each, RepoFile) and "/" not in each.path}
    missing = [part for part in PARTS if part not in files]
    if missing:
        raise LanguageModelError(
            f"the hub's {name} is no language model in OpenVINO's format, since it has no {missing[0]}: choose another"
        )
    weights = {f"{Path(path).stem}.bin" for path in files if path.endswith(".xml")}
    return commit, [each for path, each in files.items() if path in weights or Path(path).suffix in _SUFFIXES]


def _complete(client: httpx.Client, name: str, commit: str, file: RepoFile, target: Path, meter: _Meter) -> None:
    """Fetch what is missing of a file.

    Raises:
        LanguageModelError: if it is not what the hub says, in which case what came is deleted; or not all of it came.
    """
    from huggingface_hub import hf_hub_url

    # Of another state of the model, nothing is gone on with.
    part = target.with_name(f"{target.name}.{_digest(file)[:16]}.part")
    if target.exists() and _is(target, file):
        meter.advance(file.size)
        return
    part.touch()
    there = part.stat().st_size
    if there < file.size:
        headers: Mapping[str, str] = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
        with client.stream("GET", hf_hub_url(name, file.path, revision=commit), headers=headers) as response:
            if response.status_code in (401, 403):
                raise LanguageModelError(_GATED.format(name))
            response.raise_for_status()
            goes_on = response.status_code == 206
            meter.advance(there if goes_on else 0)
            with part.open("ab" if goes_on else "wb") as kept:
                for piece in response.iter_raw():
                    kept.write(piece)
                    meter.advance(len(piece))
    if part.stat().st_size < file.size:
        raise OSError(f"{file.path} broke off")
    if not _is(part, file):
        part.unlink()
        raise LanguageModelError(f"{file.path} of {name} came damaged: run the same command again to fetch it anew")
    part.replace(target)


def _is(path: Path, file: RepoFile) -> bool:
    """Whether a file is what the hub says."""
    if path.stat().st_size != file.size:
        return False
    if file.lfs is not None:
        return file_digest(path) == _digest(file)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == _digest(file)


def _digest(file: RepoFile) -> str:
    """What the hub knows a file by: SHA-256 of a large one, git's digest of a small one."""
    return file.lfs.sha256 if file.lfs is not None else file.blob_id


class _Meter:
    """Tells of megabytes."""

    def __init__(self, total: int, report: ProgressCallback | None) -> None:
        self._total = total
        self._report = report
        self._done = 0

    def advance(self, count: int) -> None:
        """So many bytes more are there."""
        self._done += count
        if self._report is not None:
            self._report(Progress("fetch", self._done // 1_000_000, max(1, self._total // 1_000_000)))
