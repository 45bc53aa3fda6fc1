"""The command line: what each command prints, where, and with which exit code. The encoder is the real one."""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from articleqa import Assistant
from articleqa.cli.text import one_line
from articleqa.types import Matrix, ProgressCallback, Vector
from command_line import ARTICLES, FERRY, QUESTION, CommandLine, made_index, plain, the_line, undisturbed, written
from endpoints import Behaviour, misbehaving_endpoint


class LetterEncoder:
    """Another encoder than the one of the settings."""

    name, revision, dimension, max_tokens = "letters", "1", 26, 256

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text: str) -> Vector:
        counts = np.array([1 + text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"], np.float32)
        return counts / np.float32(np.linalg.norm(counts))

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def titles_of(articleqa: CommandLine, index: Path, *options: str) -> list[str]:
    return [record["title"] for record in articleqa.json("list", "--index", index, *options)]


@pytest.fixture
def articleqa(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("library")
    with undisturbed(base):
        yield made_index(base)


@pytest.fixture
def own_index(index: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(index, tmp_path / "index"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    return written(tmp_path / "articles")


# Articles


def test_add_reports_what_became_of_each_source(articleqa: CommandLine, folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert "3 added\n" in articleqa.done("add", folder, "--index", index)
    (folder / "orchard.md").write_text(ARTICLES["orchard.md"].replace("400", "500"), "utf-8")
    (folder / "copy.txt").write_text(ARTICLES["clock.txt"], "utf-8")
    (folder / "kiosk.txt").write_text("The kiosk\n\nThe kiosk by the pier sells ice cream until October.\n", "utf-8")
    (folder / "empty.txt").touch()
    ended = articleqa("add", folder, "--index", index)
    assert re.findall(r"^\d.*", ended.out, re.MULTILINE) == [
        *("1 added", "1 updated", "1 copy", "2 unchanged", "1 failed")
    ]
    for shown in ("The kiosk", "The orchard in Brunnby", "The clock on the town hall, the same text as", "empty.txt: "):
        assert shown in ended.out
    assert ended.code == 1
    assert the_line(ended.err).startswith(str(folder / "empty.txt"))


def test_add_counts_many_failures_in_one_line(articleqa: CommandLine, index: Path) -> None:
    ended = articleqa("add", "nowhere.txt", "http://127.0.0.1/", "--json", "--index", index)
    report = json.loads(ended.out)
    assert [len(report[kind]) for kind in ("added", "updated", "unchanged", "copies", "failed")] == [0, 0, 0, 0, 2]
    assert report["failed"][0][0].endswith("nowhere.txt")
    assert ended.code == 1
    assert the_line(ended.err).startswith("2 sources")


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ((), ["clock", "ferry", "orchard"]),
        (("--limit", "1", "--offset", "1"), ["ferry"]),
        (("--source", "Coast Courier"), ["ferry"]),
        (("--source", "Coast Courier", "--source", "Valley Post"), ["ferry", "orchard"]),
        (("--after", "2024-01-01"), ["clock", "ferry"]),
        (("--before", "2024-01-01", "--dated-only"), ["orchard"]),
        (("--dated-only",), ["ferry", "orchard"]),
        (("--article", "nobody"), []),
        (("--search", "FERRY coast"), ["ferry"]),
        (("--search", "brunnby", "--source", "Coast Courier"), []),
        (("--search", ""), ["clock", "ferry", "orchard"]),
        (("--sort", "title"), ["ferry", "clock", "orchard"]),
        (("--sort", "published"), ["orchard", "ferry", "clock"]),
        (("--sort", "published", "--descending"), ["ferry", "orchard", "clock"]),
        (("--sort", "source", "--descending", "--limit", "2"), ["orchard", "ferry"]),
        (("--sort", "changed", "--limit", "1"), ["clock"]),
        (("--descending",), ["orchard", "ferry", "clock"]),
    ],
)
def test_list_filters(articleqa: CommandLine, index: Path, options: tuple[str, ...], titles: list[str]) -> None:
    found = titles_of(articleqa, index, *options)
    assert len(found) == len(titles)
    assert all(word in title for word, title in zip(titles, found, strict=True))
    shown = articleqa.done("list", "--index", index, *options)
    assert [title for title in found if title not in shown] == []
    assert shown.count("\n") == len(found) + 1


def test_list_show_and_remove_agree(articleqa: CommandLine, own_index: Path, folder: Path) -> None:
    records = articleqa.json("list", "--index", own_index)
    known = next(record for record in records if "ferry" in record["title"])
    with Assistant.open(own_index) as assistant:
        article = assistant.article(known["id"])
        assert known in [plain(record) for record in assistant.articles()]
    assert articleqa.json("show", known["id"], "--index", own_index) == plain(article)
    shown = articleqa.done("show", known["id"], "--revision", "1", "--index", own_index)
    head, _, text = shown.partition("\n\n")
    assert [part for part in (article.title, "Coast Courier", "2025-04-10", known["id"]) if part not in head] == []
    assert text.strip() == article.text.strip()
    assert known["id"] in articleqa.done("remove", known["id"], "--index", own_index)
    assert known["title"] not in titles_of(articleqa, own_index)


def test_rebuild(articleqa: CommandLine, own_index: Path) -> None:
    report = articleqa.json("rebuild", "--index", own_index)
    assert report["articles"] == len(ARTICLES)
    shown = articleqa.done("rebuild", "--index", own_index)
    assert f"Generation {report['generation'] + 1} answers now: {len(ARTICLES)} articles" in shown


# Questions


def test_ask_quotes_and_names_its_sources(articleqa: CommandLine, index: Path) -> None:
    shown = articleqa.done("ask", QUESTION, "--index", index)
    answer = articleqa.json("ask", QUESTION, "--index", index)
    first = answer["citations"][0]
    quotes, _, sources = shown.partition("\nSources\n")
    assert f"“{FERRY}” [1]\n" in quotes
    assert sources.startswith(
        "[1] A ferry for the islands\n"
        f"    Coast Courier · 2025-04-10 · {first['article_id']}, characters {first['start']} to {first['end']}\n"
    )
    with Assistant.open(index) as assistant:
        expected = plain(assistant.ask(QUESTION))
    assert {**answer, "timings": {}} == {**expected, "timings": {}, "answered": True}


def test_ask_abstains_with_the_nearest_passages(articleqa: CommandLine, index: Path) -> None:
    shown = articleqa.done("ask", "Who won the chess championship in 1972?", "--index", index)
    assert shown.startswith("The articles do not say.\n\nNearest passages\n[1] ")
    assert len(re.findall(r"^\[\d\] ", shown, re.MULTILINE)) == len(ARTICLES)
    answer = articleqa.json("ask", "Who won the chess championship in 1972?", "--index", index)
    assert answer["answered"] is False


def test_filters_decide_what_may_answer(articleqa: CommandLine, index: Path) -> None:
    options = ("--index", index, "--source", "Valley Post")
    assert FERRY not in articleqa.done("ask", QUESTION, *options)
    assert "Note: No article passes the filters." in articleqa.done("ask", QUESTION, "--article", "no", *options)
    assert {found["source"] for found in articleqa.json("search", "ferry", *options)} == {"Valley Post"}


def test_search(articleqa: CommandLine, index: Path) -> None:
    with Assistant.open(index) as assistant:
        passages = assistant.search("apple trees", limit=2)
    found = articleqa.json("search", "apple trees", "--limit", "2", "--index", index)
    assert found == [plain(passage) for passage in passages]
    shown = articleqa.done("search", "apple trees", "--limit", "2", "--index", index)
    assert shown.startswith("[1] The orchard in Brunnby\n    Valley Post · 2023-09-01 · ")
    assert f"    {one_line(passages[1].text)}\n" in shown


def test_a_model_writes_after_the_quotes(articleqa: CommandLine, index: Path) -> None:
    said = "It sails from 3 June 2025 [1]. The captain is called Otto."
    with misbehaving_endpoint(Behaviour.ANSWERS, text=said) as endpoint:
        shown = articleqa.done("ask", QUESTION, "--llm", endpoint.spec, "--index", index)
    quotes, _, answer = shown.partition("\n\n")
    assert f"“{FERRY}” (A ferry for the islands)" in quotes
    assert answer.startswith(
        "It sails from 3 June 2025. [1]\nThe captain is called Otto. (not in the articles)\n\nSources\n[1] A ferry"
    )


@pytest.mark.parametrize("behaviour", [Behaviour.FAILS, Behaviour.DIES])
def test_a_model_that_fails_leaves_the_quotes(articleqa: CommandLine, index: Path, behaviour: Behaviour) -> None:
    said = "It sails from 3 June 2025 [1]. The captain is called Otto, and nobody has ever seen him on the bridge."
    with misbehaving_endpoint(behaviour, text=said) as endpoint:
        shown = articleqa.done("ask", QUESTION, "--llm", endpoint.spec, "--index", index)
    assert re.search(rf"Note: The language model did not answer .*\n\n“{FERRY}” \[1\]\n", shown)
    assert shown.count("Note: ") == 1


def test_chat_reads_questions_from_a_pipe(articleqa: CommandLine, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["/sources", QUESTION, "And what did the county pay for it?", "/sources 1", "/sources 9", "/nonsense", ""]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*lines, "/quit", "Never read"])))
    ended = articleqa("chat", "--index", index)
    replies = re.split(r"^> .*\n", ended.out, flags=re.MULTILINE)
    assert "ask something first" in replies[1]
    assert FERRY in replies[2]
    assert "19 million euros" in replies[3]
    assert re.search(r">>>.*19 million.*<<<", replies[4])
    assert "It carries 240 passengers" in replies[4]
    assert "there is no source 9" in replies[5]
    assert "/nonsense is not known" in replies[6]
    assert "Never read" not in ended.out
    assert ended.code == 1
    assert the_line(ended.err).startswith("3 of the lines")


def test_chat_ends_with_the_input(articleqa: CommandLine, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{QUESTION}\n"))
    assert FERRY in articleqa.done("chat", "--index", index)


# What cannot be done


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show", "nobody"), "no article 'nobody'"),
        (("remove", "nobody"), "no article 'nobody'"),
        (("ask", " "), "the question is empty"),
        (("search", ""), "the question is empty"),
        (("ask", "why " * 2000), "characters"),
        (("list", "--after", "yesterday"), "'yesterday' is not a date"),
        (("list", "--search", "x" * 1001), "1000 are the most"),
        (("search", "ferry", "--after", "2025-01-02", "--before", "2025-01-01"), "no article can be both"),
        (("ask", QUESTION, "--llm", "gpt"), "http://host:port/v1#model"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    articleqa: CommandLine, index: Path, arguments: tuple[str, ...], reason: str
) -> None:
    assert reason in articleqa.refused(*arguments, "--index", index)


@pytest.mark.parametrize("command", [("list",), ("show", "x"), ("remove", "x"), ("rebuild",), ("ask", "x"), ("chat",)])
def test_a_mistyped_index_is_not_made(articleqa: CommandLine, tmp_path: Path, command: tuple[str, ...]) -> None:
    assert "articleqa add SOURCE" in articleqa.refused(*command, "--index", tmp_path / "indx")
    assert "articleqa add SOURCE" in articleqa.refused(*command, "--index", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("ask", QUESTION), ("search", "ferry"), ("chat",)])
def test_nothing_can_be_asked_without_articles(
    articleqa: CommandLine, tmp_path: Path, command: tuple[str, ...]
) -> None:
    Assistant.open(tmp_path).close()
    assert "there are no articles" in articleqa.refused(*command, "--index", tmp_path)
    assert articleqa.done("list", "--index", tmp_path) == "There are no articles yet.\n"


def test_an_index_that_cannot_be_used(articleqa: CommandLine, folder: Path, tmp_path: Path) -> None:
    file, damaged = tmp_path / "file", tmp_path / "damaged"
    file.touch()
    damaged.mkdir()
    for index in (file, file / "below"):
        assert "choose another" in articleqa.refused("add", folder, "--index", index)
    (damaged / "library.sqlite3").write_text("no database, whatever its name says " * 99)
    assert "is damaged" in articleqa.refused("ask", QUESTION, "--index", damaged)
    (damaged / "library.sqlite3").unlink()
    (damaged / "library.sqlite3").mkdir()
    assert "cannot be used" in articleqa.refused("ask", QUESTION, "--index", damaged)


def test_the_index_of_another_encoder_is_not_mixed(articleqa: CommandLine, folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    with Assistant.open(index, encoder=LetterEncoder()) as assistant:
        assert not assistant.add(folder).failed
    for command in (("ask", QUESTION), ("search", "ferry")):
        assert "run `articleqa rebuild`" in articleqa.refused(*command, "--index", index)
    examined = articleqa("doctor", "--index", index)
    assert examined.code == 1
    assert "to do: articleqa rebuild" in examined.out
    assert the_line(examined.err).startswith("not in order: encoder;")
    articleqa.done("rebuild", "--index", index)
    assert FERRY in articleqa.done("ask", QUESTION, "--index", index)


def test_doctor(articleqa: CommandLine, index: Path, tmp_path: Path) -> None:
    with Assistant.open(index) as assistant:
        expected = [plain(check) for check in assistant.health()]
    assert articleqa.json("doctor", "--index", index) == expected
    shown = articleqa.done("doctor", "--index", index)
    assert [check["name"] for check in expected if not re.search(rf"^ok +{check['name']} ", shown, re.MULTILINE)] == []
    nothing = articleqa("doctor", "--index", tmp_path / "nowhere")
    assert (nothing.code, nothing.out.startswith("not ok  library  there is no library")) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("ask",),
        ("add",),
        ("ask", "two", "questions"),
        ("list", "--limit", "many"),
        ("list", "--sort", "newest"),
        ("search", "ferry", "--limit", "0"),
        ("serve", "--port", "99999"),
    ],
)
def test_wrong_usage(articleqa: CommandLine, arguments: tuple[str, ...]) -> None:
    ended = articleqa(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: articleqa")
    assert "Traceback" not in ended.err


def test_serve_fills_an_empty_library_and_says_that_the_port_is_taken(articleqa: CommandLine, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = articleqa("serve", "--port", port, "--host", "127.0.0.1", "--index", tmp_path)
        again = articleqa.refused("serve", "--port", port, "--index", tmp_path)
    assert ended.code == 1
    assert the_line(ended.err) == again
    assert f"Port {port} is taken" in again
    assert len(titles_of(articleqa, tmp_path)) >= 5


def test_a_full_disk_is_one_line(index: Path, monkeypatch: pytest.MonkeyPatch, articleqa: CommandLine) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert "No space left on device" in articleqa.refused("list", "--index", index)
