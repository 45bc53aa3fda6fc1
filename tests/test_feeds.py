"""Feeds that are followed: what is asked when, what becomes of it, and what is remembered."""

from __future__ import annotations

import gzip
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa import FeedOutcome, FeedReport
from articleqa.feeds import Feeds
from articleqa.feeds import feeds as feeds_module
from articleqa.feeds.pace import DAY, GAP, INTERVAL, Visits, pause, retry_seconds
from articleqa.library import subscriptions
from articleqa.loading import Limits
from articleqa.types import AddReport, Article, ArticleRecord, FeedState, InvalidInput, LibraryBusy, Progress
from conftest import OpenAssistant, OpenShelf
from encoders import HashingEncoder
from feed_texts import LONG, atom, item, json_feed, page, rss
from pages import Send, Site, serving
from programs import finish, start
from shelves import Shelf

NOON = 1_731_326_400.0  # 11 November 2024
HOSTS = ("127.0.0.1", "localhost")
HERE = Limits(allowed_hosts=HOSTS, fetch_timeout=10)


@dataclass
class Clock:
    """A clock that goes only when somebody sleeps, or is told to."""

    now: float = NOON
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds

    def later(self, seconds: float = INTERVAL) -> None:
        self.now += seconds


@dataclass
class Desk:
    """A library and the feeds that fill it, with a clock of their own."""

    shelf: Shelf
    clock: Clock
    feeds: Feeds
    site: Site

    def poll(self, *urls: str) -> list[FeedReport]:
        return self.feeds.poll(urls)

    def only(self, *urls: str) -> FeedReport:
        """The report of the one feed that is due."""
        (report,) = self.poll(*urls)
        return report

    def state(self) -> FeedState:
        (state,) = self.feeds.states()
        return state

    def another(self, *, lot: float = 0.5) -> Feeds:
        """Another program that follows the same feeds."""
        return following(self.shelf, self.clock, lot=lot)

    def asked(self) -> list[str]:
        """The paths that were asked for since this was asked last."""
        paths = [request.path for request in self.site.requests]
        self.site.requests.clear()
        return paths

    def article(self, path: str) -> Article:
        (found,) = (record for record in self.shelf.records() if record.origin == self.site.url(path))
        return self.shelf.article(found.id)


def following(
    shelf: Shelf, clock: Clock, *, lot: float = 0.5, add: Callable[[Sequence[Article]], AddReport] | None = None
) -> Feeds:
    add = add or shelf.ingest.add
    return Feeds(shelf.library, add, HERE, clock=clock, sleep=clock.sleep, lot=lambda: lot)


@pytest.fixture
def desk(shelf: OpenShelf) -> Iterator[Desk]:
    clock = Clock()
    with serving() as site:
        opened = shelf()
        yield Desk(opened, clock, following(opened, clock), site)


def serve(site: Site, path: str, *, title: str | None = None, text: str = LONG, host: str = "127.0.0.1") -> str:
    """A page of an article."""
    site.answer(path, page(title or f"Title of {path}", text=text), Content_Type="text/html")
    return site.url(path, host=host)


def refuse(site: Site, path: str, status: str, **headers: str) -> str:
    """An address that answers with nothing but a status."""
    return site.answer(path, b"", status=status, **headers)


def titles(records: Sequence[ArticleRecord]) -> list[str]:
    return [record.title for record in records]


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What comes in


def test_what_a_feed_lists_becomes_articles(desk: Desk) -> None:
    site = desk.site
    new, old = serve(site, "/new"), serve(site, "/old", title="Old news")
    items = (item(link=new, guid="2"), item(link=old, guid="1", pubDate="Sun, 10 Nov 2024 09:30:00 GMT"))
    url = site.answer("/feed", rss(*items), ETag='"1"')
    report = desk.only(url)
    assert (report.url, report.title, report.outcome) == (url, "The Courier", FeedOutcome.READ)
    assert titles(report.articles.added) == ["Old news", "Title of /new"]
    assert (report.waiting, report.error, report.moved_to) == (0, None, None)
    assert report.articles.passages_encoded > 0
    assert desk.asked() == ["/feed", "/old", "/new"]
    assert desk.article("/old").published == "2024-11-10T09:30:00Z"
    assert report.next_at == moment(NOON + INTERVAL)
    state = desk.state()
    assert (state.url, state.title, state.failures, state.entries) == (url, "The Courier", 0, 2)
    assert state.next_at == report.next_at
    desk.shelf.check()


def test_what_is_not_due_is_not_asked(desk: Desk) -> None:
    url = desk.site.answer("/feed", rss())
    assert desk.feeds.seconds_until_due() is None
    desk.poll(url)
    desk.asked()
    assert desk.feeds.seconds_until_due() == INTERVAL
    desk.clock.later(INTERVAL - 1)
    assert desk.poll(url) == []
    assert (desk.asked(), desk.feeds.seconds_until_due()) == ([], 1)
    desk.clock.later(1)
    assert desk.feeds.seconds_until_due() == 0
    assert desk.only().outcome is FeedOutcome.READ
    assert desk.asked() == ["/feed"]


def test_a_restart_asks_for_nothing_that_is_not_due(desk: Desk, shelf: OpenShelf) -> None:
    url = desk.site.answer("/feed", rss(item(link=serve(desk.site, "/a"))), ETag='"1"', Last_Modified="then")
    desk.poll(url)
    desk.shelf.close()
    desk.asked()
    reopened = shelf()
    feeds = following(reopened, desk.clock)
    assert feeds.poll([url]) == []
    assert desk.asked() == []
    desk.clock.later()
    refuse(desk.site, "/feed", "304 Not Modified")
    (report,) = feeds.poll([url])
    assert (report.outcome, report.title) == (FeedOutcome.UNCHANGED, "The Courier")
    headers = desk.site.requests[-1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"1"', "then")
    assert desk.asked() == ["/feed"]


def test_only_what_is_new_or_was_updated_is_fetched(desk: Desk) -> None:
    site = desk.site
    one, two, three = (serve(site, path) for path in ("/1", "/2", "/3"))
    stamps = ["Mon, 11 Nov 2024 09:00:00 GMT", "Mon, 11 Nov 2024 10:00:00 GMT"]
    entries = [item(guid="1", link=one, pubDate=stamps[0]), item(guid="2", link=two, pubDate=stamps[0])]
    url = site.answer("/feed", rss(*entries))
    desk.poll(url)
    desk.asked()
    serve(site, "/1", text=f"Corrected. {LONG}")
    site.answer(
        "/feed",
        rss(item(guid="3", link=three), item(guid="1", link=one, pubDate=stamps[1]), item(guid="2", link=two)),
    )
    desk.clock.later()
    report = desk.only()
    assert desk.asked() == ["/feed", "/1", "/3"]
    assert (titles(report.articles.updated), titles(report.articles.added)) == (["Title of /1"], ["Title of /3"])
    assert desk.article("/1").revision == 2
    desk.clock.later()
    desk.poll()
    assert desk.asked() == ["/feed"]


def test_every_format_and_packing(desk: Desk) -> None:
    site = desk.site
    pages = [serve(site, f"/{number}") for number in range(3)]
    site.answer("/rss", gzip.compress(rss(item(link=pages[0]))), Content_Encoding="gzip")
    site.answer("/atom", atom(f'<id>1</id><link href="{pages[1]}"/>'), Content_Type="application/atom+xml")
    site.answer("/json", json_feed({"id": "1", "url": pages[2]}, {"id": "2", "title": "Note", "content_text": LONG}))
    reports = desk.poll(site.url("/rss"), site.url("/atom"), site.url("/json"))
    assert [report.title for report in reports] == ["The Courier", "The Wire", "The Notes"]
    assert [len(report.articles.added) for report in reports] == [1, 1, 2]
    note = next(record for record in desk.shelf.records() if record.title == "Note")
    assert (note.origin, note.url, note.source) == (site.url("/json#2"), None, "The Notes")


def test_progress_counts_entries(desk: Desk) -> None:
    links = [serve(desk.site, f"/{number}") for number in range(3)]
    told: list[Progress] = []
    desk.feeds.poll([desk.site.answer("/feed", rss(*(item(link=link) for link in links)))], progress=told.append)
    assert [(step.stage, step.done, step.total, step.origin) for step in told] == [
        ("load", number + 1, 3, link) for number, link in enumerate(reversed(links))
    ]


def test_following_changes_no_article(desk: Desk) -> None:
    with desk.shelf.library.reading() as snapshot:
        before = snapshot.change
    desk.poll(desk.site.answer("/feed", rss(item(link=refuse(desk.site, "/a", "404 No")))))
    desk.feeds.remove(desk.site.url("/feed"))
    with desk.shelf.library.reading() as snapshot:
        assert snapshot.change == before


# Pages that cannot be had


def test_the_feed_s_text_is_taken_where_there_is_no_page(desk: Desk) -> None:
    link = refuse(desk.site, "/a", "404 Not Found")
    entry = item(link=link, title="No ferry", author="Ann", description=f"<p>{LONG}</p>")
    url = desk.site.answer("/feed", rss(entry), ETag='"1"')
    report = desk.only(url)
    assert titles(report.articles.added) == ["No ferry"]
    article = desk.article("/a")
    assert (article.text, article.source, article.author) == (LONG, "The Courier", "Ann")
    assert report.waiting == 0
    desk.asked()
    desk.clock.later()
    desk.poll()
    assert desk.asked() == ["/feed"]


def test_a_teaser_is_no_article(desk: Desk) -> None:
    link = refuse(desk.site, "/a", "404 Not Found")
    private = "http://10.0.0.1/x"
    entries = item(link=link, description="Read more …"), item(link=private), item(guid="1", description="Hm.")
    report = desk.only(desk.site.answer("/feed", rss(*entries)))
    assert report.articles.failed == [
        ("1", "the feed's own text is too short to be an article"),
        (
            private,
            "is not fetched: 10.0.0.1 has the private address 10.0.0.1; name the host in allowed_hosts if it may be",
        ),
        (link, "answered 404"),
    ]
    assert desk.shelf.records() == []
    desk.asked()
    desk.clock.later()
    assert desk.only().articles.failed == []
    assert desk.asked() == ["/feed"]


def test_a_page_that_may_come_back_is_asked_for_again_and_stays_one_article(desk: Desk) -> None:
    site = desk.site
    link = refuse(site, "/a", "500 Oh no")
    url = site.answer("/feed", rss(item(link=link, description=LONG)), ETag='"1"')
    report = desk.only(url)
    assert (len(report.articles.added), report.waiting) == (1, 1)
    before = desk.article("/a")
    canonical = '<link rel="canonical" href="/canonical">'
    site.answer("/a", page("No ferry", text=f"Whole. {LONG}", head=canonical), Content_Type="text/html")
    desk.clock.later()
    report = desk.only()
    # Shown what is known of it, the feed would have said that nothing has changed.
    assert "if-none-match" not in next(one.headers for one in reversed(site.requests) if one.path == "/feed")
    assert (titles(report.articles.updated), report.waiting) == (["No ferry"], 0)
    after = desk.article("/a")
    assert (after.id, after.text) == (before.id, f"No ferry\n\nWhole. {LONG}")
    assert len(desk.shelf.records()) == 1
    desk.asked()
    desk.clock.later()
    desk.poll()
    assert (site.requests[-1].headers["if-none-match"], desk.asked()) == ('"1"', ["/feed"])


def test_a_page_that_does_not_come_back_is_given_up(desk: Desk) -> None:
    link = refuse(desk.site, "/a", "502 Bad Gateway")
    url = desk.site.answer("/feed", rss(item(link=link)))
    waiting = []
    for _ in range(5):
        waiting.append(desk.only(url).waiting)
        desk.clock.later()
    assert waiting == [1, 1, 0, 0, 0]
    assert desk.asked().count("/a") == feeds_module.ATTEMPTS
    # An update is another chance.
    desk.site.answer("/feed", rss(item(link=link, pubDate="Mon, 11 Nov 2024 09:00:00 GMT")))
    assert desk.only().waiting == 1


def test_a_whole_page_is_not_replaced_by_the_feed_s_text(desk: Desk) -> None:
    link = serve(desk.site, "/a", text=f"Whole. {LONG}")
    url = desk.site.answer("/feed", rss(item(link=link, description=LONG, pubDate="Mon, 11 Nov 2024 09:00:00 GMT")))
    desk.poll(url)
    whole = desk.article("/a")
    for status in ("404 Not Found", "500 Oh no"):
        refuse(desk.site, "/a", status)
        desk.site.answer(
            "/feed", rss(item(link=link, description=f"{status} {LONG}", pubDate=f"{status[0]} Dec 2024 09:00 GMT"))
        )
        desk.clock.later()
        assert len(desk.only().articles.failed) == 1
        assert desk.article("/a") == whole


def test_a_feed_cannot_put_words_into_another_s_mouth(desk: Desk) -> None:
    link = serve(desk.site, "/a")
    desk.shelf.add(Article(title="The truth", text="It is so.", origin=link, url=link))
    refuse(desk.site, "/a", "500 Oh no")
    report = desk.only(desk.site.answer("/feed", rss(item(link=link, title="Lies", description=LONG))))
    assert (report.articles.added, report.articles.updated) == ([], [])
    assert desk.article("/a").text == "It is so."


def test_feeds_of_one_newspaper_fetch_a_page_once(desk: Desk) -> None:
    link = serve(desk.site, "/a")
    stamp = "Mon, 11 Nov 2024 09:00:00 GMT"
    urls = [desk.site.answer(path, rss(item(guid=path, link=link, pubDate=stamp))) for path in ("/top", "/world")]
    desk.poll(*urls)
    assert desk.asked() == ["/top", "/world", "/a"]
    late = "Mon, 11 Nov 2024 12:00:00 GMT"
    desk.site.answer("/world", rss(item(guid="/world", link=link, pubDate=late)))
    desk.clock.later()
    assert titles(desk.poll()[1].articles.updated) == ["Title of /a"]
    assert desk.asked() == ["/top", "/world", "/a"]
    later = "Mon, 11 Nov 2024 15:00:00 GMT"
    for path, stamp, paths in (("/city", late, ["/city"]), ("/port", later, ["/port", "/a"])):
        desk.poll(desk.site.answer(path, rss(item(guid=path, link=link, pubDate=stamp))))
        assert desk.asked() == paths


def test_what_another_feed_only_says_does_not_stand_for_the_page(desk: Desk) -> None:
    link = refuse(desk.site, "/a", "404 Not Found")
    desk.poll(desk.site.answer("/one", rss(item(link=link, description=LONG))))
    serve(desk.site, "/a", text=f"Whole. {LONG}")
    (report,) = desk.poll(desk.site.answer("/two", rss(item(guid="x", link=link))))
    assert len(report.articles.updated) == 1
    assert desk.article("/a").text.endswith(f"Whole. {LONG}")


def test_what_a_person_removed_does_not_come_back(desk: Desk) -> None:
    link = serve(desk.site, "/a")
    url = desk.site.answer("/feed", rss(item(link=link)))
    (record,) = desk.only(url).articles.added
    desk.shelf.ingest.remove(record.id)
    desk.asked()
    desk.site.answer("/feed", rss(item(link=link, pubDate="Mon, 11 Nov 2024 09:00:00 GMT")))
    other = desk.site.answer("/other", rss(item(guid="x", link=link)))
    desk.clock.later()
    desk.poll(other)
    assert desk.asked() == ["/feed", "/other"]
    assert desk.shelf.records() == []


# Feeds that do not answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda site: refuse(site, "/bad", "500 Oh no"), "answered 500"),
        (lambda site: refuse(site, "/bad", "404 Not Found"), "answered 404"),
        (lambda site: site.answer("/bad", b"<rss><channel>", Content_Length="99999"), "broke off"),
        (lambda site: site.answer("/bad", gzip.compress(rss())[:-9], Content_Encoding="gzip"), "broke off"),
        (lambda site: site.answer("/bad", b"<html><p>no"), "is a web page, not a feed"),
        (lambda site: site.answer("/bad", b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>"), "declares entities of its own"),
        (lambda site: site.answer("/bad", b"{"), "is not JSON that can be read"),
        (lambda site: site.answer("/bad", b"", Content_Length="50000000"), "is larger than 40,000,000 bytes"),
        (lambda site: refuse(site, "/bad", "301 Moved", Location="/bad"), "redirects in a circle"),
        (lambda site: refuse(site, "/bad", "302 Found", Location="http://10.0.0.1/"), "is not fetched: 10.0.0.1"),
    ],
    ids="500 404 short packed html entities json huge circle private".split(),
)
def test_one_bad_feed_does_not_stop_the_others(desk: Desk, answer: Callable[[Site], str], said: str) -> None:
    good = desk.site.answer("/good", rss(item(link=serve(desk.site, "/a"))))
    bad = answer(desk.site)
    first, second = desk.poll(bad, good)
    assert (first.outcome, first.articles, first.next_at) == (
        FeedOutcome.FAILED,
        AddReport(),
        moment(NOON + 2 * INTERVAL),
    )
    assert first.error is not None
    assert first.error.startswith(said)
    assert len(second.articles.added) == 1
    state = desk.feeds.states()[0]
    assert (state.failures, state.last_error) == (1, first.error)


def test_a_slow_feed_is_given_up(desk: Desk) -> None:
    desk.site.answers["/slow"] = desk.site.drip(b"HTTP/1.1 200 OK\r\n\r\n<rss>", every=0.05)
    limits = Limits(allowed_hosts=HOSTS, fetch_timeout=0.5)
    feeds = Feeds(desk.shelf.library, desk.shelf.ingest.add, limits, clock=desk.clock, sleep=desk.clock.sleep)
    (report,) = feeds.poll([desk.site.url("/slow")])
    assert (report.outcome, report.error) == (
        FeedOutcome.FAILED,
        "took longer than 0.5 seconds; raise fetch_timeout to wait longer",
    )


def test_failures_are_asked_ever_more_rarely_until_it_answers(desk: Desk) -> None:
    url = refuse(desk.site, "/feed", "500 Oh no")
    waits = []
    for _ in range(9):
        desk.poll(url)
        wait = desk.feeds.seconds_until_due()
        assert wait is not None
        waits.append(wait / INTERVAL)
        desk.clock.later(wait)
    assert waits == [2, 4, 8, 16, 32, 64, 96, 96, 96]
    desk.site.answer("/feed", rss())
    assert desk.only().outcome is FeedOutcome.READ
    assert (desk.state().failures, desk.state().last_error) == (0, None)
    assert desk.feeds.seconds_until_due() == INTERVAL


@pytest.mark.parametrize(
    ("status", "wish", "wait"),
    [
        ("429 Too Many Requests", "7200", 7200),
        ("503 Later", format_datetime(datetime.fromtimestamp(NOON + 7200, UTC), usegmt=True), 7200),
        ("429 Too Many Requests", "60", 2 * INTERVAL),
        ("429 Too Many Requests", "99999999", DAY),
        ("503 Later", "soon", 2 * INTERVAL),
    ],
)
def test_a_feed_s_wish_is_heard(desk: Desk, status: str, wish: str, wait: float) -> None:
    desk.poll(refuse(desk.site, "/feed", status, Retry_After=wish))
    assert desk.feeds.seconds_until_due() == wait


def test_a_host_that_wants_to_be_left_alone_is(desk: Desk) -> None:
    first = refuse(desk.site, "/first", "429 Too Many Requests", Retry_After="100")
    second = desk.site.answer("/second", rss())
    elsewhere = desk.site.url("/second", host="localhost")
    assert [report.url for report in desk.poll(first, second, elsewhere)] == [first, elsewhere]
    assert desk.asked() == ["/first", "/second"]
    assert desk.feeds.seconds_until_due() == 100
    desk.clock.later(100)
    assert [report.url for report in desk.poll()] == [second]


def test_pages_of_a_host_that_wants_to_be_left_alone_wait(desk: Desk) -> None:
    links = [serve(desk.site, f"/{number}", host="localhost") for number in range(3)]
    refuse(desk.site, "/1", "429 Too Many Requests", Retry_After="600")
    url = desk.site.answer("/feed", rss(*(item(link=link) for link in links)), ETag='"1"')
    report = desk.only(url)
    assert desk.asked() == ["/feed", "/2", "/1"]
    assert (titles(report.articles.added), report.waiting) == (["Title of /2"], 2)
    serve(desk.site, "/1")
    desk.clock.later()
    report = desk.only()
    assert (titles(report.articles.added), report.waiting) == (["Title of /1", "Title of /0"], 0)
    assert desk.asked() == ["/feed", "/1", "/0"]


def test_a_feed_that_is_gone_is_never_asked_again(desk: Desk) -> None:
    url = refuse(desk.site, "/feed", "410 Gone")
    report = desk.only(url)
    assert (report.outcome, report.next_at) == (FeedOutcome.GONE, None)
    assert report.error == "is gone for good (it answered 410)"
    assert (desk.state().next_at, desk.feeds.seconds_until_due()) == (None, None)
    desk.clock.later(100 * DAY)
    assert desk.poll(url) == []
    assert desk.asked() == ["/feed"]
    desk.feeds.remove(url)
    desk.site.answer("/feed", rss())
    assert desk.only(url).outcome is FeedOutcome.READ


def test_a_feed_that_moved_is_asked_where_it_is(desk: Desk) -> None:
    url = refuse(desk.site, "/old", "301 Moved", Location="/new")
    new = desk.site.answer("/new", rss(), ETag='"1"')
    assert desk.only(url).moved_to == new
    assert desk.asked() == ["/old", "/new"]
    desk.clock.later()
    assert desk.only(url, new).moved_to == new
    assert desk.site.requests[-1].headers["if-none-match"] == '"1"'
    assert desk.asked() == ["/new"]
    assert (desk.state().url, desk.state().moved_to) == (url, new)
    desk.site.answer("/old", rss())
    refuse(desk.site, "/new", "308 Back", Location="/old")
    desk.clock.later()
    assert desk.only().moved_to is None


def test_a_detour_is_taken_again(desk: Desk) -> None:
    url = refuse(desk.site, "/feed", "302 Found", Location="/today")
    desk.site.answer("/today", rss())
    for _ in range(2):
        assert desk.only(url).moved_to is None
        assert desk.asked() == ["/feed", "/today"]
        desk.clock.later()


def test_a_feed_that_moved_to_one_that_is_followed_ends(desk: Desk) -> None:
    new = desk.site.answer("/new", rss())
    url = refuse(desk.site, "/old", "301 Moved", Location="/new")
    reports = desk.poll(new, url)
    assert [report.outcome for report in reports] == [FeedOutcome.READ, FeedOutcome.GONE]
    assert reports[1].error == f"has moved to {new}, which is followed already"
    desk.clock.later(DAY)
    assert [report.url for report in desk.poll()] == [new]


# Manners


def test_a_host_is_asked_once_a_second_and_others_meanwhile(desk: Desk) -> None:
    times: dict[str, list[float]] = {host: [] for host in HOSTS}

    def noting(answer: bytes) -> Callable[[Send], None]:
        def send_it(send: Send) -> None:
            times[desk.site.requests[-1].headers["host"].partition(":")[0]].append(desk.clock.now)
            send(answer)

        return send_it

    for path in ("/a", "/b", "/c"):
        serve(desk.site, path)
    for host, path in zip(HOSTS, ("/one", "/two"), strict=True):
        entries = (item(link=desk.site.url(f"{entry}?{host}", host=host)) for entry in ("/a", "/b", "/c"))
        desk.site.answer(path, rss(*entries))
        for entry in ("/a", "/b", "/c"):
            desk.site.answers[f"{entry}?{host}"] = desk.site.answers[entry]
    for path, answer in list(desk.site.answers.items()):
        assert isinstance(answer, bytes)
        desk.site.answers[path] = noting(answer)
    reports = desk.poll(desk.site.url("/one"), desk.site.url("/two", host="localhost"))
    assert [len(report.articles.added) + len(report.articles.copies) for report in reports] == [3, 3]
    for moments in times.values():
        assert moments == [NOON, NOON + 1, NOON + 2, NOON + 3]
    assert desk.clock.slept == [GAP] * 3


@pytest.mark.parametrize(("lot", "wait"), [(0.0, 0.9 * INTERVAL), (0.5, INTERVAL), (1.0, 1.1 * INTERVAL)])
def test_feeds_are_not_all_asked_at_once(desk: Desk, lot: float, wait: float) -> None:
    feeds = desk.another(lot=lot)
    feeds.poll([desk.site.answer("/feed", rss())])
    assert feeds.seconds_until_due() == pytest.approx(wait)


def test_of_many_entries_the_newest_come_first_and_the_rest_next_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_module, "ENTRIES_AT_ONCE", 2)
    entries = [item(link=serve(desk.site, f"/{number}")) for number in range(5)]
    url = desk.site.answer("/feed", rss(*entries), ETag='"1"')
    for asked, waiting in ((["/1", "/0"], 3), (["/3", "/2"], 1), (["/4"], 0)):
        assert desk.only(url).waiting == waiting
        assert "if-none-match" not in desk.site.requests[0].headers
        assert desk.asked() == ["/feed", *asked]
        desk.clock.later()
    desk.poll()
    assert desk.site.requests[0].headers["if-none-match"] == '"1"'


def test_what_a_feed_no_longer_lists_is_forgotten_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "UNLISTED_KEPT", 3)
    refuse(desk.site, "/", "404 Not Found")
    for first in range(0, 12, 2):
        entries = [item(guid=str(number), link=desk.site.url("/")) for number in (first + 1, first)]
        desk.poll(desk.site.answer("/feed", rss(*entries)))
        desk.clock.later()
    assert desk.state().entries == 2 + 3
    desk.asked()
    for guid, was_forgotten in (("8", False), ("0", True)):
        desk.site.answer("/feed", rss(item(guid=guid, link=desk.site.url("/"))))
        desk.poll()
        assert ("/" in desk.asked()) == was_forgotten
        desk.clock.later()


# Several programs, and accidents


def test_what_one_program_asks_no_other_does(desk: Desk) -> None:
    other = desk.another()
    url = desk.site.answer("/feed", rss(item(link=serve(desk.site, "/a"))))
    met: list[list[FeedReport]] = []
    desk.feeds.poll([url], progress=lambda _: met.append(other.poll([url])))
    assert met == [[]]
    assert desk.asked() == ["/feed", "/a"]


def test_threads_wait_for_each_other(desk: Desk) -> None:
    under_way, met = threading.Event(), threading.Event()

    def alone(send: Send) -> None:
        if under_way.is_set():
            met.set()
        under_way.set()
        met.wait(0.3)  # whoever does not wait comes meanwhile
        under_way.clear()
        send(b"HTTP/1.1 200 OK\r\n\r\n" + rss(item(guid=str(len(desk.site.requests)), description=LONG)))

    urls = [desk.site.url(f"/{number}") for number in range(3)]
    desk.site.answers.update({f"/{number}": alone for number in range(3)})
    threads = [threading.Thread(target=desk.poll, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not met.is_set()
    assert sorted(desk.asked()) == ["/0", "/1", "/2"]
    assert len(desk.shelf.records()) == 3


def test_who_interrupts_goes_on_at_once(desk: Desk) -> None:
    links = [serve(desk.site, f"/{number}") for number in range(3)]
    url = desk.site.answer("/feed", rss(*(item(link=link) for link in links)), ETag='"1"')

    def interrupt(step: Progress) -> None:
        if step.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.feeds.poll([url], progress=interrupt)
    assert desk.asked() == ["/feed", "/2", "/1"]
    assert desk.feeds.seconds_until_due() == 0
    assert titles(desk.only().articles.added) == ["Title of /0"]
    assert desk.asked() == ["/feed", "/0"]


def test_what_cannot_be_stored_comes_another_time(desk: Desk) -> None:
    def busy(_: Sequence[Article]) -> AddReport:
        raise LibraryBusy("another program is writing")

    url = desk.site.answer("/feed", rss(item(link=serve(desk.site, "/a"))), ETag='"1"')
    with pytest.raises(LibraryBusy):
        following(desk.shelf, desk.clock, add=busy).poll([url])
    desk.clock.later()
    assert titles(desk.only().articles.added) == ["Title of /a"]


def test_a_feed_that_is_forgotten_meanwhile_stays_so(desk: Desk) -> None:
    url = desk.site.answer("/feed", rss(*(item(link=serve(desk.site, f"/{number}")) for number in range(2))))
    desk.feeds.poll([url], progress=lambda step: desk.feeds.remove(url) if step.done == 1 else None)
    assert desk.feeds.states() == []
    with desk.shelf.library.reading() as snapshot:
        assert snapshot.seen_counts() == {}
    assert len(desk.shelf.records()) == 2


def test_a_clock_that_was_wrong_stops_nothing_for_ever(desk: Desk) -> None:
    desk.clock.now = NOON + 1000 * DAY
    desk.poll(desk.site.answer("/feed", rss()))
    desk.clock.now = NOON
    assert desk.feeds.seconds_until_due() == 0
    assert desk.only().next_at == moment(NOON + INTERVAL)


POLL = """
import sys
from pathlib import Path
from articleqa.feeds import Feeds
from articleqa.loading import Limits
from shelves import Shelf

shelf = Shelf(Path(sys.argv[1]))
limits = Limits(allowed_hosts=("127.0.0.1",))
feeds = Feeds(shelf.library, shelf.ingest.add, limits, clock=lambda: float(sys.argv[3]), sleep=lambda seconds: None)
for report in feeds.poll([sys.argv[2]]):
    print(report.outcome, len(report.articles.added), len(report.articles.unchanged), report.waiting)
shelf.close()
"""


@pytest.mark.parametrize("time", [1, 2, 3])
def test_a_program_that_is_killed_loses_nothing_and_fetches_little_again(tmp_path: Path, time: int) -> None:
    with serving() as site:
        links = [serve(site, f"/{number}") for number in range(3)]
        url = site.answer("/feed", rss(*(item(link=link) for link in links)), ETag='"1"')
        killed = start(POLL, tmp_path, url, NOON, ARTICLEQA_KILL_AT=f"feeds.entry.read:{time}")
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
        site.requests.clear()
        assert finish(start(POLL, tmp_path, url, NOON + 1)) == []
        assert finish(start(POLL, tmp_path, url, NOON + INTERVAL)) == [f"read {3 - time} 1 0"]
        # The article that was stored but not yet ticked off is fetched once more, and is the same.
        assert len(site.requests) == 1 + 3 - time + 1


# What is followed


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "ftp://courier.example/feed",
            "the feed 'ftp://courier.example/feed' only http and https addresses are fetched",
        ),
        ("", "the feed '' only http and https addresses are fetched"),
        (
            "https://ann:secret@courier.example/",
            "the feed 'https://courier.example/' has a user name or password in it",
        ),
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_asked(desk: Desk, url: str, said: str) -> None:
    good = desk.site.answer("/feed", rss())
    with pytest.raises(InvalidInput) as refusal:
        desk.poll(good, url)
    assert str(refusal.value).startswith(said)
    assert "secret" not in str(refusal.value)
    assert (desk.feeds.states(), desk.asked()) == ([], [])


def test_one_feed_is_one_however_it_is_written(desk: Desk) -> None:
    url = desk.site.answer("/feed", rss())
    desk.poll(url, f" {url}#top", url.replace("http", "HTTP"))
    assert desk.state().url == url


def test_a_feed_is_followed_no_more(desk: Desk) -> None:
    url = desk.site.answer("/feed", rss(item(link=serve(desk.site, "/a"))))
    desk.poll(url)
    desk.feeds.remove(url)
    assert desk.feeds.states() == []
    assert titles(desk.shelf.records()) == ["Title of /a"]
    desk.clock.later(DAY)
    assert desk.poll() == []
    with pytest.raises(InvalidInput, match="is not followed: nothing was removed"):
        desk.feeds.remove(url)


def test_an_assistant_follows_feeds_and_remembers_them(assistant: OpenAssistant) -> None:
    with serving() as site:
        text = f"The lighthouse keeper of Skagen retires. {LONG}"
        link = serve(site, "/a", title="The lighthouse", text=text, host="localhost")
        url = site.answer("/feed", rss(item(link=link)), ETag='"1"')
        opened = assistant(encoder=HashingEncoder(), allowed_hosts=HOSTS)
        chatting = assistant(encoder=HashingEncoder(), allowed_hosts=HOSTS)
        assert (chatting.search("lighthouse keeper"), opened.seconds_until_feeds()) == ([], None)
        (report,) = opened.poll_feeds([url])
        assert titles(report.articles.added) == ["The lighthouse"]
        # A chat that is under way sees it at once.
        assert chatting.search("lighthouse keeper")[0].title == "The lighthouse"
        opened.close()
        site.requests.clear()
        again = assistant(encoder=HashingEncoder(), allowed_hosts=HOSTS)
        assert again.poll_feeds([url]) == []
        assert site.requests == []
        (state,) = again.feeds()
        assert (state.url, state.title, state.entries, state.next_at) == (url, "The Courier", 1, report.next_at)
        wait = again.seconds_until_feeds()
        assert wait is not None
        assert 0 < wait < 1.1 * INTERVAL
        again.remove_feed(url)
        assert (again.feeds(), again.seconds_until_feeds()) == ([], None)
        assert titles(again.articles()) == ["The lighthouse"]


# When to ask again


@given(
    interval=st.floats(1, 10 * DAY),
    failures=st.integers(0, 10_000),
    retry_after=st.floats(0, 1e9),
    lot=st.floats(0, 1),
)
def test_a_pause_has_its_bounds(interval: float, failures: int, retry_after: float, lot: float) -> None:
    seconds = pause(interval=interval, failures=failures, retry_after=retry_after, lot=lot)
    longest = max(interval, DAY)
    assert 0.9 * interval <= seconds <= 1.1 * longest + 1e-6
    assert seconds >= min(retry_after, longest)
    assert pause(interval=interval, failures=failures + 1, lot=lot) >= pause(
        interval=interval, failures=failures, lot=lot
    )


@given(value=st.none() | st.text() | st.from_regex(r"\d+") | st.datetimes().map(format_datetime))
def test_any_wish(value: str | None) -> None:
    seconds = retry_seconds(value, now=NOON)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), (" 0 ", 0), ("Mon, 11 Nov 2024 12:01:00 GMT", 60), ("Mon, 11 Nov 2024 11:00:00 GMT", 0),
     ("-5", None), ("1.5", None), ("soon", None), ("", None), (None, None)],
)  # fmt: skip
def test_wishes(value: str | None, seconds: float | None) -> None:
    assert retry_seconds(value, now=NOON) == seconds


@given(
    hosts=st.lists(st.sampled_from("abc"), max_size=20), holds=st.dictionaries(st.sampled_from("abc"), st.floats(0, 50))
)
def test_no_host_is_asked_twice_within_a_second(hosts: list[str], holds: dict[str, float]) -> None:
    clock = Clock()
    visits: Visits[str] = Visits(clock=clock, sleep=clock.sleep)
    for host, seconds in holds.items():
        visits.hold(host, seconds)
    for host in hosts:
        visits.add(host, host)
    last = {host: NOON + seconds - GAP for host, seconds in holds.items()}
    made = []
    for host, may_ask in visits:
        made.append(host)
        if may_ask:
            assert clock.now >= last.get(host, 0) + GAP - 1e-6
            last[host] = clock.now
            visits.asked(host)
    assert sorted(made) == sorted(hosts)


def test_visits_without_a_host_wait_for_nobody() -> None:
    clock = Clock()
    visits: Visits[int] = Visits(clock=clock, sleep=clock.sleep)
    for number in range(3):
        visits.add("", number)
    for _, may_ask in visits:
        assert may_ask
        visits.asked("")
    assert clock.slept == []
