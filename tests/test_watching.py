"""Folders that are watched: real files, real events, real restarts. Nothing is lost, and nothing is encoded twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from articleqa import Article, Assistant, InvalidInput, Settings
from articleqa.library import Library
from articleqa.types import LoadingError
from articleqa.watching import ChangeKind, Watch, usable
from articleqa.watching.notifier import News, Notifier
from encoders import HashingEncoder
from feed_texts import item, page, rss
from pages import serving
from programs import finish, start
from watched import PATIENCE, Post, news, post, until

ADDED, UPDATED, REMOVED, FAILED = ChangeKind


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Post]:
    with post(tmp_path / "index") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news"
    made.mkdir()
    return made


def nothing_was_encoded_twice(place: Post) -> bool:
    return max(Counter(place.encoder.encoded).values(), default=0) <= 1


# What is there at the beginning


def test_what_is_there_is_taken_in_and_the_next_time_only_what_changed(place: Post, folder: Path) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    for name in ("a.txt", "b.md", "deep/c.txt", "deep/er/d.txt"):
        (folder / name).write_text(news(name))
    (folder / "photo.png").write_bytes(b"no article")
    place.once(folder)
    assert place.names() == ["a.txt", "b.md", "c.txt", "d.txt"]
    assert sorted(place.told(ADDED)) == place.names()
    place.read.clear()
    place.once(folder)
    assert place.read == []
    (folder / "a.txt").write_text(news("another"))
    (folder / "b.md").unlink()
    (folder / "e.txt").write_text(news("e"))
    (folder / "deep" / "c.txt").rename(folder / "c2.txt")
    place.once(folder)
    assert place.names() == ["a.txt", "c2.txt", "d.txt", "e.txt"]
    assert sorted(Path(path).name for path in place.read) == ["a.txt", "c2.txt", "e.txt"]
    assert place.told(UPDATED) == ["a.txt"]
    assert sorted(place.told(REMOVED)) == ["b.md", "c.txt"]
    assert place.reasons() == []
    assert nothing_was_encoded_twice(place)


def test_another_program_and_another_day_remember_it_too(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text(news("a"))
    with post(tmp_path / "index") as place:
        place.once(folder)
    with post(tmp_path / "index") as place:
        with place.watching(folder):
            (folder / "b.txt").write_text(news("b"))
            until(lambda: len(place.names()) == 2)
        assert [Path(path).name for path in place.read] == ["b.txt"]


def test_what_was_added_before_anybody_watched_is_followed_from_then_on(place: Post, folder: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(news(name))
    (folder / "many.jsonl").write_text(json.dumps({"title": "One", "text": "Of many."}) + "\n")
    place.assistant.add(folder)
    place.assistant.add(Article("Another", "It did not come from a file.", origin=str(folder.parent / "newspaper.txt")))
    encoded = len(place.encoder.encoded)
    (folder / "b.txt").unlink()
    (folder / "many.jsonl").unlink()
    place.once(folder)
    assert place.names() == ["a.txt", "c.txt", "newspaper.txt"]
    assert len(place.encoder.encoded) == encoded
    (folder / "a.txt").unlink()
    place.once(folder)
    assert place.names() == ["c.txt", "newspaper.txt"]


def test_articles_from_elsewhere_are_left_alone(place: Post, folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    (other / "a.txt").write_text(news("a"))
    (folder / "b.txt").write_text(news("b"))
    place.once(folder, other)
    shutil.rmtree(other)
    place.once(folder)
    assert place.names() == ["a.txt", "b.txt"]


def test_what_a_person_has_removed_stays_removed_until_its_file_changes(place: Post, folder: Path) -> None:
    (folder / "a.txt").write_text(news("a"))
    (folder / "b.txt").write_text(news("b"))
    place.once(folder)
    (record,) = place.assistant.articles(matching="a.txt")
    place.assistant.remove(record.id)
    place.once(folder)
    assert place.names() == ["b.txt"]
    (folder / "a.txt").write_text(news("a, again"))
    place.once(folder)
    assert place.names() == ["a.txt", "b.txt"]


def test_an_older_copy_of_the_library_lacks_nothing(folder: Path, tmp_path: Path) -> None:
    """What was read is remembered with the articles: put back from a copy, the library knows which it lacks."""
    (folder / "a.txt").write_text(news("a"))
    with post(tmp_path / "index") as place:
        place.once(folder)
    shutil.copytree(tmp_path / "index", tmp_path / "copy")
    (folder / "b.txt").write_text(news("b"))
    with post(tmp_path / "index") as place:
        place.once(folder)
        assert place.names() == ["a.txt", "b.txt"]
    with post(tmp_path / "copy") as place:
        place.once(folder)
        assert place.names() == ["a.txt", "b.txt"]


# What happens meanwhile


def test_files_come_change_and_go(place: Post, folder: Path) -> None:
    path = folder / "a.txt"
    with place.watching(folder):
        path.write_text(news("first"))
        until(lambda: place.names() == ["a.txt"])
        path.write_text(news("second"))
        until(lambda: place.text(path) == news("second"))
        path.unlink()
        until(lambda: place.names() == [])
        path.write_text(news("third"))
        until(lambda: place.names() == ["a.txt"])
        assert place.text(path) == news("third")
        (folder / "new" / "deep").mkdir(parents=True)
        (folder / "new" / "deep" / "b.txt").write_text(news("b"))
        until(lambda: place.names() == ["a.txt", "b.txt"])
        (folder / "new" / "deep" / "c.txt").write_text(news("c"))
        until(lambda: len(place.names()) == 3)
        shutil.rmtree(folder / "new")
        until(lambda: place.names() == ["a.txt"])
    assert place.told(ADDED) == ["a.txt", "a.txt", "b.txt", "c.txt"]
    assert place.told(UPDATED) == ["a.txt"]
    assert place.reasons() == []
    assert nothing_was_encoded_twice(place)


def test_what_is_moved_is_not_encoded_again(place: Post, folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(news(f"Report{number}"))
    with place.watching(folder, other):
        encoded = len(place.encoder.encoded)
        assert encoded >= 12
        (folder / "0.txt").rename(folder / "renamed.txt")
        until(lambda: "renamed.txt" in place.names() and "0.txt" not in place.names())
        (folder / "1.txt").rename(other / "1.txt")
        until(lambda: str(other.resolve() / "1.txt") in place.origins() and len(place.names()) == 12)
        (folder / "sub").mkdir()
        for number in range(2, 12):
            (folder / f"{number}.txt").rename(folder / "sub" / f"{number}.txt")
        until(lambda: sum("/sub/" in origin for origin in place.origins()) == 10 and len(place.names()) == 12)
        (folder / "sub").rename(other / "renamed")
        until(lambda: sum("/renamed/" in origin for origin in place.origins()) == 10 and len(place.names()) == 12)
        shutil.move(other / "renamed" / "2.txt", folder.parent / "2.txt")
        until(lambda: len(place.names()) == 11)
    assert len(place.encoder.encoded) == encoded
    assert place.reasons() == []


def test_a_move_between_disks_is_not_encoded_again(place: Post, folder: Path) -> None:
    """There a move is a copy, and then a removal."""
    for number in range(5):
        (folder / f"{number}.txt").write_text(news(f"Report{number}"))
    with place.watching(folder):
        encoded = len(place.encoder.encoded)
        (folder / "sub").mkdir()
        for number in range(5):
            shutil.copyfile(folder / f"{number}.txt", folder / "sub" / f"{number}.txt")
            (folder / f"{number}.txt").unlink()
        until(lambda: sum("/sub/" in origin for origin in place.origins()) == 5 and len(place.names()) == 5)
    assert len(place.encoder.encoded) == encoded


def test_a_file_that_is_edited_back_and_forth_is_never_lost(place: Post, folder: Path) -> None:
    path = folder / "a.txt"

    def is_there(text: str) -> bool:
        return place.names() == ["a.txt"] and place.text(path) == text

    with place.watching(folder, settle=0.05):
        for round_ in range(6):
            text = news("first" if round_ % 2 == 0 else "second")
            path.write_text(text)
            until(partial(is_there, text))
    with place.watching(folder, settle=0.05):
        assert place.text(path) == news("second")
    (record,) = place.assistant.articles()
    assert place.assistant.article(record.id).text == news("second")


def test_editors_that_write_beside_and_swap_are_followed(place: Post, folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text(news("first"))
    with place.watching(folder):
        beside = folder / ".a.txt.swp"
        beside.write_text(news("second"))
        beside.replace(path)
        until(lambda: place.text(path) == news("second"))
        path.rename(folder / "a.txt~")
        path.write_text(news("third"))
        (folder / "a.txt~").unlink()
        until(lambda: place.text(path) == news("third"))
    assert place.told(REMOVED) == []
    assert place.names() == ["a.txt"]


def test_a_half_written_file_is_not_read(place: Post, folder: Path) -> None:
    path = folder / "slow.txt"
    with place.watching(folder, settle=3), path.open("w") as file:
        for number in range(20):
            file.write(f"Part{number} of the report. ")
            file.flush()
            assert place.names() == []
            time.sleep(0.1)
        file.write("This is the end.")
        file.close()
        until(lambda: place.names() == ["slow.txt"])
        assert place.text(path).endswith("This is the end.")
    (record,) = place.assistant.articles()
    assert record.revision == 1


def test_what_others_have_not_finished_is_passed_over(place: Post, folder: Path) -> None:
    names = ["a.txt.part", "b.txt.crdownload", "c.txt~", ".d.txt", ".e.txt.swp", "~$f.docx", "#g.txt#", "h.tmp"]
    (folder / ".hidden").mkdir()
    with place.watching(folder):
        for name in [*names, ".hidden/i.txt"]:
            (folder / name).write_text(news(name))
        (folder / "empty.txt").touch()
        (folder / "seen.txt").write_text(news("seen"))
        until(lambda: place.names() == ["seen.txt"])
        (folder / "a.txt.part").rename(folder / "a.txt")
        (folder / "empty.txt").write_text(news("not empty"))
        until(lambda: place.names() == ["a.txt", "empty.txt", "seen.txt"])
    place.once(folder)
    assert place.names() == ["a.txt", "empty.txt", "seen.txt"]
    assert place.reasons() == []


def test_what_fails_is_told_once_and_tried_when_it_changes(place: Post, folder: Path) -> None:
    path = folder / "a.txt"
    with place.watching(folder, interval=0.3):
        path.write_text("!!!")
        (folder / "fine.txt").write_text(news("fine"))
        until(lambda: place.told(FAILED) and place.names() == ["fine.txt"])
        (folder / "later.txt").write_text(news("later"))
        until(lambda: len(place.names()) == 2)
        reads = place.read.count(str(path.resolve()))
        assert (place.told(FAILED), reads) == (["a.txt"], 1)
        path.write_text("???")
        until(lambda: len(place.told(FAILED)) == 2)
        path.write_text(news("at last"))
        until(lambda: "a.txt" in place.names())
        path.write_text("")
        until(lambda: len(place.told(FAILED)) == 3)
        assert place.text(path) == news("at last")  # what was read before stays
    assert place.told(FAILED) == ["a.txt"] * 3


def test_files_of_articles_gain_and_lose_some(place: Post, folder: Path) -> None:
    def lines(*names: str) -> str:
        return "".join(json.dumps({"id": name, "title": name, "text": news(name)}) + "\n" for name in names)

    def ids() -> list[str]:
        return sorted(record.id for record in place.assistant.articles())

    path = folder / "many.jsonl"
    with place.watching(folder):
        path.write_text(lines("a", "b", "c"))
        until(lambda: ids() == ["a", "b", "c"])
        path.write_text(lines("a", "c", "d"))
        until(lambda: ids() == ["a", "c", "d"])
        path.write_text(lines("a") + "no article\n" + lines("e"))
        until(lambda: "e" in ids())
        assert ids() == ["a", "c", "d", "e"]  # which of them the bad line was is not known
        assert [change.reason for change in place.changes if change.kind is FAILED] == [
            "line 2: is not JSON: Expecting value at character 1"
        ]
        path.rename(folder / "renamed.JSONL")
        until(lambda: all("renamed" in origin for origin in place.origins() if origin.rsplit("#")[-1] in ("a", "e")))
        (folder / "renamed.JSONL").write_text(lines("a"))
        until(lambda: ids() == ["a"])
        (folder / "renamed.JSONL").unlink()
        until(lambda: ids() == [])


def test_an_article_in_two_collections_outlives_either(place: Post, folder: Path) -> None:
    line = json.dumps({"id": "shared", "title": "Shared", "text": news("Shared")}) + "\n"
    (folder / "one.jsonl").write_text(line)
    (folder / "two.jsonl").write_text(line)
    with place.watching(folder):
        assert [origin.endswith("two.jsonl#shared") for origin in place.origins()] == [True]
        encoded = len(place.encoder.encoded)
        (folder / "two.jsonl").unlink()
        until(lambda: [origin.endswith("one.jsonl#shared") for origin in place.origins()] == [True])
        (folder / "other.txt").write_text(news("other"))
        until(lambda: len(place.origins()) == 2)
        assert place.told(REMOVED) == []
        (folder / "one.jsonl").unlink()
        until(lambda: place.names() == ["other.txt"])
    assert len(place.encoder.encoded) == encoded + 1


# Links and names


def test_links_in_circles_and_out_of_the_folder(place: Post, folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text(news("a"))
    (folder / "in").mkdir()
    (folder / "in" / "b.txt").write_text(news("b"))
    (folder / "in" / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "nowhere.txt").symlink_to(folder / "not there.txt")
    (folder / "out").symlink_to(outside)
    with place.watching(folder):
        assert place.origins() == {str(outside.resolve() / "a.txt"), str(folder.resolve() / "in" / "b.txt")}
        (folder / "in" / "c.txt").write_text(news("c"))
        (outside / "d.txt").write_text(news("d"))
        until(lambda: place.names() == ["a.txt", "b.txt", "c.txt", "d.txt"])
        (outside / "d.txt").unlink()
        until(lambda: place.names() == ["a.txt", "b.txt", "c.txt"])
        (folder / "again").mkdir()
        (folder / "again" / "loop").symlink_to(folder)
        (folder / "again" / "e.txt").write_text(news("e"))
        until(lambda: "e.txt" in place.names())
        (folder / "out").unlink()
        (folder / "f.txt").write_text(news("f"))
        until(lambda: "f.txt" in place.names())
    place.once(folder)
    assert place.names() == ["a.txt", "b.txt", "c.txt", "e.txt", "f.txt"]  # what is outside and there, stays
    assert place.reasons() == []


@pytest.mark.skipif(sys.platform != "linux", reason="this system has names of text only")
def test_a_name_that_is_no_text_deafens_nobody(place: Post, folder: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt"))
    with place.watching(folder):
        odd.write_text(news("odd"))
        until(lambda: len(place.names()) == 1)
        (folder / "a.txt").write_text(news("a"))
        until(lambda: len(place.names()) == 2)
    with place.watching(folder):
        assert len(place.names()) == 2
        odd.unlink()
        until(lambda: place.names() == ["a.txt"])
    assert place.reasons() == []


# Folders that are not there


def test_a_folder_that_is_not_there_is_waited_for(place: Post, folder: Path) -> None:
    late = folder.parent / "late"
    (folder / "a.txt").write_text(news("a"))
    with place.watching(folder, late):
        assert place.names() == ["a.txt"]
        until(place.reasons)
        assert place.told(FAILED) == ["late"]
        late.mkdir()
        (late / "b.txt").write_text(news("b"))
        until(lambda: place.names() == ["a.txt", "b.txt"])
        (late / "c.txt").write_text(news("c"))
        until(lambda: len(place.names()) == 3)
    assert place.reasons() == [
        "there is no such folder: its articles are kept, and it is watched again as soon as it is there"
    ]


def test_a_folder_that_vanishes_keeps_its_articles(place: Post, folder: Path) -> None:
    away = folder.parent / "away"
    for number in range(3):
        (folder / f"{number}.txt").write_text(news(f"Report{number}"))
    with place.watching(folder, settle=1):
        encoded = len(place.encoder.encoded)
        folder.rename(away)
        until(place.reasons)
        assert len(place.names()) == 3
        (away / "0.txt").unlink()
        (away / "new.txt").write_text(news("new"))
        away.rename(folder)
        until(lambda: place.names() == ["1.txt", "2.txt", "new.txt"])
        (folder / "newer.txt").write_text(news("newer"))
        until(lambda: "newer.txt" in place.names())
        shutil.rmtree(folder)
        until(lambda: len(place.reasons()) == 2)
    place.once(folder)
    assert place.names() == ["1.txt", "2.txt", "new.txt", "newer.txt"]
    assert len(place.reasons()) == 3
    assert len(place.encoder.encoded) == encoded + 2


@pytest.fixture
def disk(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A disk that can be mounted at ``folder``, where one can be made."""
    store = tmp_path / "disk"
    store.mkdir()
    try:
        made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", store], check=False, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
    try:
        yield store
    finally:
        subprocess.run(["umount", "--lazy", store], check=True)


def mount(disk: Path, folder: Path) -> None:
    subprocess.run(["mount", "--bind", disk, folder], check=True)


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("below", ["", "archive"])
def test_a_disk_that_is_not_mounted_does_not_empty_the_library(
    place: Post, folder: Path, disk: Path, below: str
) -> None:
    """Without its disk the folder is there, and empty."""
    at = folder / below
    at.mkdir(exist_ok=True)
    for number in range(3):
        (disk / f"{number}.txt").write_text(news(f"Report{number}"))
    mount(disk, at)
    try:
        with place.watching(folder):
            assert len(place.names()) == 3
    finally:
        unmount(at)
    place.once(folder)
    assert len(place.names()) == 3
    (reason,) = place.reasons()
    assert reason.startswith("files that were read here cannot be seen (3): their articles are kept; ")
    mount(disk, at)
    try:
        with place.watching(folder, interval=0.3):
            unmount(at)
            until(lambda: len(place.reasons()) == 2)
            assert len(place.names()) == 3
            (disk / "0.txt").unlink()
            mount(disk, at)
            until(lambda: place.names() == ["1.txt", "2.txt"])
    finally:
        unmount(at)
    assert len(place.encoder.encoded) == 3


# Many, and more than the system remembers


def burst(place: Post, folder: Path, count: int) -> None:
    with place.watching(folder):
        for number in range(count):
            (folder / f"{number}.txt").write_text(news(f"Report{number}", words=3))
        until(lambda: place.assistant.article_count() == count, patience=5 * PATIENCE)
        assert len(place.reports) > 3  # each batch was committed when it was done
        assert place.assistant.search("Report7", limit=1)[0].title == "Report7"
        for number in range(0, count, 2):
            (folder / f"{number}.txt").unlink()
        until(lambda: place.assistant.article_count() == count // 2, patience=5 * PATIENCE)
    assert len(place.told(ADDED)) == count
    assert len(place.told(REMOVED)) == count // 2
    assert place.reasons() == []
    assert nothing_was_encoded_twice(place)
    place.read.clear()
    place.once(folder)
    assert place.read == []


def test_a_burst_of_five_hundred_files(place: Post, folder: Path) -> None:
    burst(place, folder, 500)


@pytest.mark.slow
def test_a_burst_of_ten_thousand_files(place: Post, folder: Path) -> None:
    burst(place, folder, 10_000)


def test_questions_are_answered_during_a_burst(place: Post, folder: Path) -> None:
    """The encoder stands still in the middle of a batch; whatever was committed before answers."""
    gate = threading.Event()
    encode = place.encoder.encode_documents
    texts: list[str] = []

    def held(given: list[str], **options: object) -> object:
        if threading.current_thread() is not threading.main_thread():
            texts.extend(given)
            assert len(texts) <= 100 or gate.wait(PATIENCE)
        return encode(given, **options)  # type: ignore[arg-type]

    place.encoder.encode_documents = held  # type: ignore[method-assign, assignment]
    with place.watching(folder):
        for number in range(400):
            (folder / f"{number:03}.txt").write_text(news(f"Report{number}", words=3))
        until(lambda: len(texts) > 100)
        assert 0 < place.assistant.article_count() < 400
        title = place.assistant.articles(limit=1)[0].title
        answer = place.assistant.ask(f"What of {title}?")
        assert title in {passage.title for passage in answer.passages}
        gate.set()
        until(lambda: place.assistant.article_count() == 400)
    assert nothing_was_encoded_twice(place)


def test_what_the_system_does_not_tell_is_found_all_the_same(
    place: Post, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network drive tells nothing, and a full queue forgets."""
    monkeypatch.setattr(Notifier, "_add", lambda self, paths, *, more: None)
    (folder / "a.txt").write_text(news("a"))
    with place.watching(folder, interval=0.2):
        assert place.names() == ["a.txt"]
        (folder / "b.txt").write_text(news("b"))
        until(lambda: place.names() == ["a.txt", "b.txt"])
        (folder / "a.txt").rename(folder / "c.txt")
        until(lambda: place.names() == ["b.txt", "c.txt"])


def test_after_very_many_events_everything_is_looked_at(
    place: Post, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = Notifier.taken

    def forgetful(self: Notifier, *, timeout: float) -> News:
        told = taken(self, timeout=timeout)
        if len(told.paths) > 1:
            return News(frozenset(str(folder / f"other{number}.txt") for number in range(1_000)), more=False)
        return told

    with place.watching(folder):
        monkeypatch.setattr(Notifier, "taken", forgetful)
        for number in range(50):
            (folder / f"{number}.txt").write_text(news(f"Report{number}"))
        until(lambda: len(place.names()) == 50)


def test_a_system_without_watches_is_said_and_made_do_without(
    place: Post, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object, **options: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr("watchfiles.watch", refused)
    with place.watching(folder, interval=0.3):
        (folder / "a.txt").write_text(news("a"))
        until(lambda: place.names() == ["a.txt"])
        until(place.reasons)
    assert place.reasons() == ["is looked at every 0.3 s only: the system says OS file watch limit reached."]


WATCH = """
import sys, threading
from pathlib import Path
from watched import post
from articleqa.watching import Watch

with post(Path(sys.argv[1])) as place:
    def show(report):
        for change in report.changes:
            print(change.kind, change.origin, flush=True)
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
    Watch(place.assistant, [Path(sys.argv[2])], settle=0.1, interval=600).run(
        stop, on_report=show, on_ready=lambda: print("ready", flush=True)
    )
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the queue of this system is another")
@pytest.mark.slow
def test_a_queue_that_overflows_loses_nothing(place: Post, folder: Path, tmp_path: Path) -> None:
    """The program stands still while more happens than the system remembers."""
    program = start(WATCH, tmp_path / "index", folder)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    count = 3 + int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) // 2
    program.send_signal(signal.SIGSTOP)
    for number in range(count):
        (folder / f"{number}.txt").write_text(news(f"Report{number}", words=2))
    program.send_signal(signal.SIGCONT)
    drain = threading.Thread(target=program.stdout.read)
    drain.start()
    until(lambda: place.assistant.article_count() == count, patience=5 * PATIENCE)
    program.kill()
    program.communicate()
    drain.join()


# Several programs, and ends of all kinds


def test_a_chat_sees_what_a_watch_in_another_program_adds(place: Post, folder: Path, tmp_path: Path) -> None:
    question = "When was the lighthouse of Norrby built?"
    place.assistant.add(Article("Old", "The old clock stands in the hall.", id="old"))
    assert place.assistant.search(question, limit=1)[0].title == "Old"
    program = start(WATCH, tmp_path / "index", folder)
    try:
        (folder / "a.txt").write_text("Lighthouse\n\nThe lighthouse of Norrby was built in 1871.\n")
        until(lambda: place.assistant.search(question, limit=1)[0].title == "Lighthouse")
        answer = place.assistant.ask(question)
        assert any("1871" in passage.text for passage in answer.passages)
        (folder / "a.txt").unlink()
        until(lambda: place.assistant.search(question, limit=1)[0].title == "Old")
    finally:
        output, errors = program.communicate("\n", timeout=PATIENCE)
    assert (program.returncode, errors) == (0, "")
    assert [line.split()[0] for line in output.splitlines() if line != "ready"] == ["added", "removed"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("lines", [1, 60, 200])
def test_a_watch_that_is_killed_goes_on_where_it_was(folder: Path, tmp_path: Path, lines: int) -> None:
    for number in range(300):
        (folder / f"{number}.txt").write_text(news(f"Report{number}", words=3))
    program = start(WATCH, tmp_path / "index", folder)
    assert program.stdout is not None
    acknowledged = {program.stdout.readline().split()[1] for _ in range(lines)}
    program.kill()
    output, _ = program.communicate()
    acknowledged |= {line.split()[1] for line in output.split("\n")[:-1] if line.startswith("added")}
    with post(tmp_path / "index") as place:
        stored = place.origins()
        assert acknowledged <= stored
        (folder / "0.txt").unlink()
        with place.watching(folder):
            until(lambda: place.assistant.article_count() == 299)
        assert place.assistant.article_count() == 299
        assert len(place.encoder.encoded) <= 300 - len(stored)
        assert len(place.read) <= 300 - len(stored) + 256  # the last batch may not have been noted yet


def test_a_library_that_somebody_else_writes_is_waited_for(folder: Path, tmp_path: Path) -> None:
    with post(tmp_path / "index", busy_timeout=0.0) as place:
        other = Library(tmp_path / "index")
        with place.watching(folder):
            with other.writing():
                (folder / "a.txt").write_text(news("a"))
                until(place.reasons)
                assert place.names() == []
            until(lambda: place.names() == ["a.txt"])
        other.close()
        assert len(place.reasons()) == 1
        assert "is writing to" in place.reasons()[0]
        assert nothing_was_encoded_twice(place) or place.encoder.encoded.count(place.encoder.encoded[0]) <= 3


def test_an_index_of_another_encoder_is_told_and_not_touched(folder: Path, tmp_path: Path) -> None:
    with post(tmp_path / "index") as place:
        place.assistant.add(Article("Old", "The old clock stands in the hall.", id="old"))
    with post(tmp_path / "index", encoder=HashingEncoder(name="another")) as place:
        (folder / "a.txt").write_text(news("a"))
        watch = Watch(place.assistant, [folder], settle=0.05)
        with watch:
            watch.stop()
            watch.start(on_report=place.reports.append)
            until(place.reasons)
            assert "articleqa rebuild" in place.reasons()[0]
            place.assistant.rebuild()
            until(lambda: len(place.names()) == 2)


def test_the_background_ends_when_it_is_told(place: Post, folder: Path) -> None:
    def threads() -> set[str]:
        return {thread.name for thread in threading.enumerate() if thread.name.startswith("articleqa-")}

    before = threads()
    watch = Watch(place.assistant, [folder], settle=0.05)
    with watch:
        watch.start()
        (folder / "a.txt").write_text(news("a"))
        until(lambda: place.names() == ["a.txt"])
        assert threads() == before | {"articleqa-watch", "articleqa-notifier"}
    assert threads() == before
    watch.stop()
    with watch:
        (folder / "b.txt").write_text(news("b"))
        until(lambda: len(place.names()) == 2)
    assert threads() == before


FORGOTTEN = """
import sys, time
from pathlib import Path
from watched import post, until
from articleqa.watching import Watch

with post(Path(sys.argv[1])) as place:
    Watch(place.assistant, [Path(sys.argv[2])], settle=0.05).start(on_report=place.reports.append)
    until(place.names)
print("ended")
"""


def test_a_program_that_forgets_to_stop_ends_well(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text(news("a"))
    assert finish(start(FORGOTTEN, tmp_path / "index", folder)) == ["ended"]


def test_a_stop_does_not_wait_for_a_large_file(place: Post, folder: Path) -> None:
    """What was being encoded is encoded the next time; nothing of it is there before."""
    asked = threading.Event()
    stop = threading.Event()
    encode = place.encoder.encode_documents

    def held(given: list[str], **options: object) -> object:
        asked.set()
        assert stop.wait(PATIENCE)
        return encode(given, **options)  # type: ignore[arg-type]

    place.encoder.encode_documents = held  # type: ignore[method-assign, assignment]
    (folder / "a.txt").write_text(news("a"))
    watch = Watch(place.assistant, [folder], settle=0.05)
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    assert asked.wait(PATIENCE)
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert place.names() == []
    place.once(folder)
    assert place.names() == ["a.txt"]


# Feeds


def test_feeds_are_followed_beside_folders(folder: Path, tmp_path: Path) -> None:
    with serving() as site, post(tmp_path / "index", allowed_hosts=("127.0.0.1",)) as place:
        link = site.answer("/ferry", page("The ferry stops"), Content_Type="text/html")
        feed = site.answer("/rss", rss(item(title="The ferry stops", link=link)), Content_Type="application/rss+xml")
        broken = site.answer("/broken", b"no feed", Content_Type="text/plain")
        stop = threading.Event()
        watch = Watch(place.assistant, [folder], [feed, broken, feed], settle=0.05)
        thread = threading.Thread(target=watch.run, args=(stop,), kwargs={"on_report": place.reports.append})
        thread.start()
        (folder / "a.txt").write_text(news("a"))
        until(lambda: place.origins() == {link, str(folder.resolve() / "a.txt")} and place.reasons())
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert [change.origin for change in place.changes if change.kind is FAILED] == [broken]
        requests = len(site.requests)
        Watch(place.assistant, feeds=[feed]).once(on_report=place.reports.append)
        assert len(site.requests) == requests  # it is not due


def test_feeds_alone_are_ready_at_once_and_end_at_once(place: Post) -> None:
    stop = threading.Event()
    Watch(place.assistant, feeds=["http://127.0.0.1:9/rss"]).run(stop, on_ready=stop.set)


# What cannot be meant


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((), {}, "there is nothing to watch"),
        ((["news"],), {"interval": 0}, "interval=0"),
        ((["news"],), {"interval": float("nan")}, "interval=nan"),
        ((["news"],), {"settle": -1}, "settle=-1"),
        (([], ["ftp://feed.example/rss"]), {}, "ftp"),
        (([], ["feed"]), {}, "feed"),
    ],
)
def test_what_cannot_be_watched_is_refused(
    place: Post, arguments: tuple[list[str], ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        Watch(place.assistant, *arguments, **options)


def test_folders_that_cannot_be_watched_are_named(folder: Path) -> None:
    (folder / "a.txt").touch()
    assert usable([folder, str(folder), folder / ".." / "news"]) == [folder.resolve()]
    for path, reason in ((folder / "b", "there is no such file or folder"), (folder / "a.txt", "is a file")):
        with pytest.raises(LoadingError, match=reason):
            usable([path])


def test_the_settings_of_a_watch_reach_the_feeds(tmp_path: Path) -> None:
    with Assistant.open(Settings(index=tmp_path, feed_interval=2)) as assistant:
        assert assistant.seconds_until_feeds() is None
        assistant.poll_feeds(["http://127.0.0.1:9/rss"])
        assert 0 < (assistant.seconds_until_feeds() or 0) < 5 * 60
