"""Settings: the environment (``ARTICLEQA_*``), then ``articleqa.toml``, then defaults. Building them loads nothing."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from articleqa.types import SettingsError

_BUNDLED_ENCODER = "all-MiniLM-L6-v2"
_BETWEEN_ADDRESSES = re.compile(r"[,\s]+(?=https?://)", re.IGNORECASE)


class Settings(BaseSettings):
    """Everything that can be chosen. Built once at the edge and passed down; frozen.

    Raises:
        SettingsError: from :meth:`load`, with one line per value that cannot be used. The constructor itself raises
            pydantic's ``ValidationError``, which is a ``ValueError``.
    """

    model_config = SettingsConfigDict(
        env_prefix="ARTICLEQA_", toml_file="articleqa.toml", frozen=True, extra="forbid", validate_default=True
    )

    index: Path = Field(default=Path("index"), description="the folder of the library and its index")
    embedding: str = Field(
        default=_BUNDLED_ENCODER,
        min_length=1,
        description="a sentence-transformers id or folder; the default is bundled",
    )
    reader: str = Field(
        default="builtin",
        min_length=1,
        description="builtin, none, or an extractive question answering model that finds the words",
    )
    reranker: str = Field(
        default="none", min_length=1, description="none, or a sentence-transformers cross-encoder that orders passages"
    )
    nli: str = Field(
        default="none",
        min_length=1,
        description="none, or an inference cross-encoder that checks what an LLM writes",
    )
    llm: str = Field(
        default="none", description="none, gguf:FILE, openvino:FOLDER, openvino:OWNER/NAME or http://host:port/v1#model"
    )
    llm_key: str = Field(default="", repr=False, description="the key that the LLM's server asks for")
    llm_timeout: float = Field(default=60.0, gt=0, description="seconds until a silent LLM is given up")
    llm_first_token: float = Field(
        default=2.0, gt=0, description="seconds in which an LLM is to begin; it is shown fewer quotes where it is slow"
    )
    llm_context: int = Field(default=4096, ge=512, description="tokens that the LLM reads")
    answer_cache: int = Field(
        default=1_000,
        ge=0,
        description="answers of an LLM that are kept beside the library, to be given again; 0: none",
    )

    host: str = Field(default="127.0.0.1", description="the address that the chat listens on")
    port: int = Field(default=7860, ge=0, le=65535, description="the port that the chat listens on")
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        description="threads of the encoder, and of a language model in the process",
    )

    watch: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="folders whose articles are kept up with while the chat is served"
    )
    watch_interval: float = Field(
        default=60.0,
        gt=0,
        le=86_400,
        description="seconds between two looks everywhere, for what the system does not tell",
    )
    feeds: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="feeds that are followed while the chat is served"
    )
    feed_interval: float = Field(default=15.0, gt=0, le=1_440, description="minutes between two looks at a feed")

    abstain_below: float = Field(
        default=0.3, ge=0, le=1, description="confidence under which the articles do not say; 0 always answers"
    )

    max_source_bytes: int = Field(default=40_000_000, ge=1, description="bytes of one file or page")
    max_question_characters: int = Field(default=4_000, ge=1, description="characters of one question")
    fetch_timeout: float = Field(default=20.0, gt=0, description="seconds for one page, from first to last byte")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="hosts that may be fetched although they are private addresses"
    )
    busy_timeout: float = Field(default=10.0, ge=0, description="seconds that a second writer waits")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        """The environment has no lists: ``a.example,b.example``."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("watch", mode="before")
    @classmethod
    def _split_folders(cls, value: Any) -> Any:
        """``a:b`` as in a search path (``a;b`` on Windows), or ``a,b``."""
        if not isinstance(value, str):
            return value
        separator = os.pathsep if os.pathsep in value else ","
        return tuple(part.strip() for part in value.split(separator) if part.strip())

    @field_validator("feeds", mode="before")
    @classmethod
    def _split_feeds(cls, value: Any) -> Any:
        """Addresses with commas or spaces between them; an address may have a comma in it."""
        if not isinstance(value, str):
            return value
        return tuple(part.strip(" ,\n\t") for part in _BETWEEN_ADDRESSES.split(value) if part.strip(" ,\n\t"))

    @field_validator("llm")
    @classmethod
    def _known_llm(cls, value: str) -> str:
        if value == "none":
            return value
        if value.startswith(("http://", "https://")):
            if not value.partition("#")[2]:
                raise ValueError(f"{value!r} names no model: write http://host:port/v1#model")
            return value
        if value.startswith(("gguf:", "openvino:")):
            if not value.partition(":")[2].strip():
                raise ValueError(f"{value!r} names no model: write gguf:FILE, openvino:FOLDER or openvino:OWNER/NAME")
            return value
        raise ValueError(
            f"{value!r} is none of: none, gguf:FILE, openvino:FOLDER, openvino:OWNER/NAME, http://host:port/v1#model"
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then ``articleqa.toml`` of the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """Settings from the environment and ``articleqa.toml``; an override that is None is left out.

        Raises:
            SettingsError: naming each value that cannot be used.
        """
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(f"articleqa.toml cannot be read: {error}") from error
        except ValidationError as error:
            faults = (
                f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors()
            )
            raise SettingsError("settings cannot be used: " + "; ".join(faults)) from error

    @property
    def bundled_encoder(self) -> bool:
        """Whether the encoder is the one whose weights come with the installation."""
        return self.embedding in (_BUNDLED_ENCODER, f"sentence-transformers/{_BUNDLED_ENCODER}")
