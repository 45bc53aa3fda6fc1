"""Feeds as bytes: what is read of every format, and of what is wrong with them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articleqa.loading import Limits
from articleqa.loading.cleaning import one_line
from articleqa.loading.feed import Feed, FeedEntry, fetch_feed, load_entry, read_feed, text_article
from articleqa.loading.feed.dates import feed_date
from articleqa.loading.feed.entries import MAX_ENTRIES
from articleqa.loading.raw import Raw
from articleqa.loading.web import FetchError
from articleqa.types import LoadingError
from feed_texts import LONG, atom, item, json_feed, page, rss
from pages import Send, Site, serving

URL = "http://courier.example/feeds/all.xml"
HERE = Limits(allowed_hosts=("127.0.0.1",), fetch_timeout=10)
SOON = Limits(allowed_hosts=("127.0.0.1",), fetch_timeout=0.5)
FEW = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def read(content: bytes | str, *, charset: str | None = None, url: str = URL) -> Feed:
    data = content.encode() if isinstance(content, str) else content
    return read_feed(Raw(content=data, origin=url, name="all", url=url, charset=charset))


def only(content: bytes | str) -> FeedEntry:
    (entry,) = read(content).entries
    return entry


def reason(content: bytes | str) -> str:
    with pytest.raises(LoadingError) as refusal:
        read(content)
    assert refusal.value.origin == URL
    assert len(refusal.value.reason.splitlines()) == 1
    return refusal.value.reason


# Formats


def test_rss_2() -> None:
    feed = read(
        rss(
            "<image><title>A logo</title><link>http://logo.example/</link></image>",
            item(
                title="The ferry stops",
                link="http://courier.example/ferry",
                guid="tag:courier,1",
                dc__creator="Ann Lee",
                pubDate="Mon, 11 Nov 2024 09:30:00 +0100",
                description="In short.",
                content__encoded="<p>The ferry <b>stops</b>.</p><p>Until March.</p><script>no()</script>",
                media__title="A picture",
            ),
            item(title="Second", link="/second"),
        )
    )
    assert (feed.title, feed.whole) == ("The Courier", True)
    first, second = feed.entries
    assert (first.id, first.link, first.title) == ("tag:courier,1", "http://courier.example/ferry", "The ferry stops")
    assert (first.author, first.published, first.updated) == ("Ann Lee", "2024-11-11T08:30:00Z", "2024-11-11T08:30:00Z")
    assert first.text == "The ferry stops.\n\nUntil March."
    assert (second.id, second.link, second.text) == ("http://courier.example/second",) * 2 + ("",)


@pytest.mark.parametrize("version", ["0.91", "0.92", "0.93", "0.94", "2.0"])
def test_the_versions_of_rss(version: str) -> None:
    entry = only(rss(item(title="A", link="http://courier.example/a", description="B"), version=version))
    assert (entry.title, entry.link, entry.text) == ("A", "http://courier.example/a", "B")


@pytest.mark.parametrize("space", ["http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"])
def test_rss_of_rdf(space: str) -> None:
    entry = only(
        f"""<?xml version="1.0"?>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{space}"
            xmlns:dc="http://purl.org/dc/elements/1.1/">
          <channel rdf:about="http://courier.example/"><title>Old</title>
            <items><rdf:Seq><rdf:li resource="http://courier.example/a"/></rdf:Seq></items></channel>
          <item rdf:about="urn:a"><title>A</title><link>http://courier.example/a</link>
            <dc:date>2024-11-11T09:30+01:00</dc:date><dc:creator>Ann</dc:creator><dc:creator>Bo</dc:creator></item>
        </rdf:RDF>"""
    )
    assert (entry.id, entry.link, entry.title) == ("urn:a", "http://courier.example/a", "A")
    assert (entry.author, entry.published) == ("Ann; Bo", "2024-11-11T08:30:00Z")


def test_atom() -> None:
    feed = read(
        atom(
            """<id>urn:1</id><title type="html">Salt &amp;amp; &lt;i&gt;sea&lt;/i&gt;</title>
            <link rel="self" href="http://wire.example/self"/><link rel="enclosure" href="http://wire.example/sound"/>
            <link rel="alternate" type="application/pdf" href="one.pdf"/><link href="one.html" type="text/html"/>
            <published>2024-11-11T09:30:00.25Z</published><updated>2024-11-12T09:30:00+01:00</updated>
            <author><name>Ann</name><email>ann@wire.example</email></author><author><name>Bo</name></author>
            <summary>In short.</summary>
            <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A &lt; <b>B</b>.</p><p>C.</p></div>
            </content>
            <source><id>urn:elsewhere</id><title>Elsewhere</title><updated>2020-01-01T00:00:00Z</updated></source>""",
            """<id>urn:2</id><title>1 &lt; 2</title><updated>2024-11-13T00:00:00Z</updated>
            <content type="text">1 &lt;b&gt; 2\n\n3 &amp;amp; 4</content>""",
            """<id>urn:3</id><content type="html">&lt;p&gt;One&lt;p&gt;Two</content>""",
            """<id>http://wire.example/4</id><content src="/4.html" type="text/html"/>""",
            """<id>urn:5</id><link href="/5"/><content type="image/png">iVBORw0KGgo=</content>""",
            head="<title>The Wire</title><author><name>The desk</name></author>",
            attributes='xml:base="http://wire.example/news/"',
        )
    )
    one, two, three, four, five = feed.entries
    assert feed.title == "The Wire"
    assert (one.title, one.link, one.author) == ("Salt & sea", "http://wire.example/news/one.html", "Ann; Bo")
    assert (one.published, one.updated) == ("2024-11-11T09:30:00Z", "2024-11-12T08:30:00Z")
    assert one.text == "A < B.\n\nC."
    assert (two.title, two.text, two.author) == ("1 < 2", "1 <b> 2\n\n3 &amp; 4", "The desk")
    assert (two.published, two.link) == ("2024-11-13T00:00:00Z", None)
    assert three.text == "One\n\nTwo"
    assert four.link == "http://wire.example/4"
    assert (five.link, five.text) == ("http://wire.example/5", "")


def test_atom_of_before_it_was_one() -> None:
    entry = only(
        """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry><id>1</id><title>A</title>
        <link rel="alternate" href="http://wire.example/a"/><issued>2004-11-11T09:30:00Z</issued>
        <modified>2004-11-12T09:30:00Z</modified>
        <content type="text/html" mode="escaped">&lt;p&gt;One</content></entry></feed>"""
    )
    assert (entry.published, entry.updated, entry.text) == ("2004-11-11T09:30:00Z", "2004-11-12T09:30:00Z", "One")


def test_json_feed() -> None:
    feed = read(
        json_feed(
            {
                "id": 7,
                "url": "/a",
                "title": "1 < 2",
                "content_html": "<p>A</p><p>B</p>",
                "authors": [{"name": "Ann"}, {"url": "x"}, 3, {"name": "Bo"}],
                "date_published": "2024-11-11T09:30:00-05:00",
                "date_modified": "2024-11-12T09:30:00Z",
            },
            {"id": "https://notes.example/b", "content_text": "A <b>\n\nB & C"},
            {"id": "c", "external_url": "http://else.example/c", "author": {"name": "Old"}, "summary": "S"},
            {"id": None, "title": ["no"], "content_html": {"a": 1}},
            "nothing",  # type: ignore[arg-type]
            authors=[{"name": "The desk"}],
        )
    )
    one, two, three = feed.entries
    assert feed.title == "The Notes"
    assert (one.id, one.link, one.title, one.author) == ("7", "http://courier.example/a", "1 < 2", "Ann; Bo")
    assert (one.published, one.updated, one.text) == ("2024-11-11T14:30:00Z", "2024-11-12T09:30:00Z", "A\n\nB")
    assert (two.link, two.text, two.author) == ("https://notes.example/b", "A <b>\n\nB & C", "The desk")
    assert (three.link, three.author, three.text) == ("http://else.example/c", "Old", "S")


# What entries say


@pytest.mark.parametrize(
    ("fields", "link"),
    [
        ({"link": " \n/a?x=1&y=2#part\n "}, "http://courier.example/a?x=1&y=2"),
        ({"link": "b"}, "http://courier.example/feeds/b"),
        ({"link": "//else.example/c"}, "http://else.example/c"),
        ({"guid": "http://courier.example/d"}, "http://courier.example/d"),
        (
            {"link": "http://x.example/1", "feedburner__origLink": "http://courier.example/e"},
            "http://courier.example/e",
        ),
        ({"link": "javascript:alert(1)"}, None),
        ({"link": "mailto:ann@courier.example"}, None),
        ({"link": "file:///etc/passwd"}, None),
        ({"link": "http://ann:secret@courier.example/"}, None),
        ({"link": "http://[::1"}, None),
        ({"guid": "1234"}, None),
    ],
)
def test_links(fields: dict[str, str], link: str | None) -> None:
    assert only(rss(item(description="x", **fields))).link == link


def test_a_guid_that_is_no_link() -> None:
    inner = '<guid isPermaLink="false">http://courier.example/d</guid><description>x</description>'
    assert only(rss(f"<item>{inner}</item>")).link is None


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("ann@courier.example (Ann Lee)", "Ann Lee"),
        ("Ann Lee", "Ann Lee"),
        ("ann@x.example", "ann@x.example"),
        ("", None),
    ],
)
def test_authors(written: str, author: str | None) -> None:
    assert only(rss(item(author=written, link="/a"))).author == author


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain,\nin two lines.\n\nAnd another.", "Plain, in two lines.\n\nAnd another."),
        ("AT&T is < 3", "AT&T is < 3"),
        ("caf&eacute;", "café"),
        ("One<br>two", "One\ntwo"),
        ("<ul><li>a<li>b</ul><style>p{}</style><p hidden>no</p>", "a\n\nb"),
        ("</body></html><p>After", "After"),
        ("<p>A</p><!-- no --><p>B", "A\n\nB"),
        ("", ""),
    ],
)
def test_the_text_of_an_entry(markup: str, text: str) -> None:
    assert only(rss(item(description=markup, link="/a"))).text == text


def test_the_longer_of_content_and_summary_is_the_text() -> None:
    assert only(rss(item(link="/a", description=LONG, content__encoded="<p>More</p>"))).text == LONG
    assert only(rss(item(link="/a", description="Less", content__encoded=f"<p>{LONG}</p>"))).text == LONG


def test_markup_that_was_not_escaped() -> None:
    entry = only(rss("<item><link>/a</link><description>A <p>B <b>c</b></p><p>D</p></description></item>"))
    assert entry.text == "A\n\nB c\n\nD"
    entry = only(
        "<rss><item><link>/a</link><description><h:p>A</h:p><é:ü>B</é:ü> & <a:1>C</a:1></description></item></rss>"
    )
    assert entry.text == "A\n\nB & C"


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("Mon, 11 Nov 2024 09:30:00 GMT", "2024-11-11T09:30:00Z"),
        ("11 Nov 24 09:30 EST", "2024-11-11T14:30:00Z"),
        ("Mon, 11 Nov 2024 09:30:00 CET", "2024-11-11T08:30:00Z"),
        ("Mon, 11 November 2024 09:30:00 Z", "2024-11-11T09:30:00Z"),
        ("2024-11-11", "2024-11-11"),
        ("2024-11-11 09:30:00 +0100", "2024-11-11T08:30:00Z"),
        ("2024-11-11T09:30Z", "2024-11-11T09:30:00Z"),
        ("2024-11-11T09:30:00,123456789+01:00", "2024-11-11T08:30:00Z"),
        ("2024-11-11T09:30:00", "2024-11-11T09:30:00Z"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("2024-13-41", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("1" * 200, None),
        ("", None),
        (None, None),
    ],
)
def test_dates(written: str | None, date: str | None) -> None:
    assert feed_date(written) == date


def test_an_entry_without_an_id_keeps_its_id() -> None:
    first = only(rss(item(title="A", description="Some words.")))
    assert first.id == only(rss(item(title="A", description="Some words."))).id
    assert first.id != only(rss(item(title="A", description="Other words."))).id
    assert len(only(rss(item(guid="x" * 100_000, link="/a"))).id) == 32


def test_pages_with_one_id_are_told_apart_and_repetitions_are_not() -> None:
    entries = read(
        rss(
            item(guid="same", link="/a"),
            item(guid="same", link="/b"),
            item(guid="other", link="/c", title="first"),
            item(guid="other", link="/c", title="again"),
        )
    ).entries
    base = "http://courier.example"
    assert [entry.id for entry in entries] == [f"{base}/a", f"{base}/b", "other"]
    assert entries[-1].title == "first"


def test_what_says_nothing_is_no_entry() -> None:
    assert read(rss("<item/>", item(title="A title alone"), item(description=" "))).entries == ()


def test_only_so_many_entries_are_read() -> None:
    many = read(rss(*(item(link=f"/{number}") for number in range(MAX_ENTRIES + 10)))).entries
    assert len(many) == MAX_ENTRIES
    assert many[0].link == "http://courier.example/0"


# What is wrong with feeds


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("just words", "is not a feed: neither RSS nor Atom nor JSON Feed"),
        ("<foo><bar/></foo>", "is not a feed: neither RSS nor Atom nor JSON Feed"),
        ("{}", "is not a feed: it is JSON without a list of items"),
        ('{"items": [', "is not JSON that can be read, or is cut off; try again later"),
        ('{"items": ' + "[" * 100_000, "is not JSON that can be read, or is cut off; try again later"),
        ("<!doctype html><p>x", "is not a feed: neither RSS nor Atom nor JSON Feed"),
        ("<!doctype html><html><p>x", "is a web page, not a feed; look there for the address of its feed"),
        (
            '<html><head><link rel="icon" href="/x"><link rel="Alternate" type="application/rss+xml" href="/rss">',
            "is a web page, not a feed; its feed is http://courier.example/rss",
        ),
        (b"%PDF-1.7 ...", "is not text: it is a PDF; name it .pdf if it is one"),
        (b"\x00\x01\x02\x03" * 50, "is not text, or its encoding is not known; save it as UTF-8"),
        ("<rss>" + "<a>" * 1_000_001, "has more than 1,000,000 tags, too many for one feed"),
        (b"<rss>" + b" " * 16_000_000, "is larger than 16,000,000 bytes, too much for one feed"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_is_no_feed(content: bytes | str, said: str) -> None:
    assert reason(content) == said


def test_damage_in_the_middle() -> None:
    feed = read(
        b"""<?xml version="1.0"?><rss version="2.0"><channel><title>R & D</title>
        <item><title>Bread & butter, 1 < 2 &nbsp;&eacute; &unknown;</title><link>http://courier.example/1?a=1&b=2</link>
        <description>A &amp; B &#x1; &#0;</description></item>
        <item><title>An end tag is missing<link>http://courier.example/2</link></item>
        <item><dc:creator>Ann</dc:creator><media:title>no</media:title><link>http://courier.example/3</link></item>
        <item><title><![CDATA[Q & A]]></title><link>http://courier.example/4</link></item>
        </channel></rss>"""
    )
    one, two, three, four = feed.entries
    assert (feed.title, feed.whole) == ("R & D", True)
    assert one.title == "Bread & butter, 1 < 2 é &unknown;"
    assert (one.link, one.text) == ("http://courier.example/1?a=1&b=2", "A & B")
    assert (two.title, two.link) == ("An end tag is missing", "http://courier.example/2")
    assert (three.author, three.link, three.title) == ("Ann", "http://courier.example/3", None)
    assert (four.title, four.link) == ("Q & A", "http://courier.example/4")


def test_control_characters_cut_nothing_off() -> None:
    content = rss(item(title="A\x0bB", link="/a"), item(title="C", link="/c")).replace(b"C<", b"C\x00\x1f<")
    assert [entry.title for entry in read(content).entries] == ["A B", "C"]


def test_of_a_feed_that_was_cut_off_the_whole_entries_are_read() -> None:
    whole = rss(*(item(guid=f"id{number}", link=f"/{number}", description=LONG) for number in range(3)))
    complete = read(whole).entries
    for end in range(whole.index(b"<item>"), len(whole)):
        feed = read(whole[:end])
        # What is there is as it was in the whole: no address that was cut off leads astray.
        assert feed.entries == complete[: whole[:end].count(b"</item")]
        assert feed.whole == whole[:end].rstrip().endswith(b"</rss>")


def test_what_stands_around_a_feed_does_no_harm() -> None:
    feed = rss(item(link="/a"))
    body = feed[feed.index(b"<rss") :]
    for content in (
        b"\xef\xbb\xbf\n\n " + feed,
        b"<!-- <item> --><?style x?>" + body,
        b'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">' + body,
        b"<!DOCTYPE rss [<!ELEMENT rss (channel)*> <!-- ]> -->]>" + body,
        feed + b"<!-- cached --> and more",
        b"Warning: something on line 3\n" + feed,
    ):
        assert only(content).link == "http://courier.example/a"


ENTITIES = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    "before",
    [
        f"<!DOCTYPE rss [{ENTITIES}]>",
        f"<!-- <rss> --><!DOCTYPE rss [{ENTITIES}]>",
        f"<!-- a -- <rss> --><!doctype rss [{ENTITIES.lower()}]>",
        f"<?x <rss ?><!DOCTYPE rss [ <!-- ]> --> {ENTITIES}]>",
        '<!DOCTYPE rss [<!ENTITY a9 SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE rss [<!ENTITY % a9 SYSTEM "file:///etc/hostname"> %a9;]>',
    ],
    ids="plain comment dashes instruction file parameter".split(),
)
def test_entities_of_its_own(before: str, encoding: str) -> None:
    content = f'{before}<rss><channel><item a="&a9;"><title>&a9;</title><link>/a</link></item></channel></rss>'
    assert reason(content.encode(encoding)).startswith("declares entities of its own")


def test_a_declaration_that_hides_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the password")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.dtd"
        for place in (secret.as_uri(), address):
            entity = f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{place}">%p;<!ENTITY e SYSTEM "{place}">]>'
            item_ = "<item><title>A &e; B</title><link>/a</link></item>"
            for content in (
                f"<rss>{entity}{item_}</rss>",
                f"<rss><channel>{item_}</channel></rss>{entity}",
                f'<!DOCTYPE rss SYSTEM "{place}"><rss>{item_}</rss>',
                f'<rss xmlns:xi="http://www.w3.org/2001/XInclude">{item_}<xi:include href="{place}"/></rss>',
            ):
                feed = read(content)
                assert "password" not in repr(feed)
                assert feed.entries[0].link == "http://courier.example/a"
        with pytest.raises(TimeoutError):
            listener.accept()


MILL = "Мельница у реки работает с тех пор, как её построили"


@pytest.mark.parametrize(
    ("declared", "stated", "encoding"),
    [
        ("utf-8", None, "utf-8"),
        ("windows-1251", None, "cp1251"),
        ("utf-16", None, "utf-16"),
        ("utf-16", None, "utf-16-le"),
        (None, "koi8-r", "koi8-r"),
        ("utf-8", "windows-1251", "cp1251"),  # the feed lies
        ("iso-8859-1", None, "utf-8"),  # and so does this one
        ("no-such-thing", "neither", "utf-8"),
        ("utf-8", None, "cp1251"),  # nobody tells the truth
    ],
)
def test_encodings(declared: str | None, stated: str | None, encoding: str) -> None:
    head = "<?xml version='1.0'?>" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    text = f"{head}<rss><channel><title>{MILL}</title><item><title>{MILL}</title><link>/a</link></item></channel></rss>"
    feed = read(text.encode(encoding), charset=stated)
    assert (feed.title, feed.entries[0].title) == (MILL, MILL)


# Whatever comes


WHOLE = {
    "rss": rss(item(title="A & B", link="/a", guid="1", description="<p>One</p>", pubDate="11 Nov 2024 09:30 GMT")),
    "atom": atom('<id>1</id><title type="html">A</title><link href="/a"/><content type="xhtml"><p>x</p></content>'),
    "json": json_feed({"id": "1", "url": "/a", "content_html": "<p>x</p>", "date_published": "2024-11-11"}),
}


def check(content: bytes) -> None:
    try:
        feed = read(content)
    except LoadingError as error:
        refusal = error
    else:
        check_entries(feed)
        return
    assert refusal.origin == URL
    assert len(refusal.reason.splitlines()) == 1
    assert not refusal.reason.startswith("cannot be read as a feed")  # the last net has caught nothing


def check_entries(feed: Feed) -> None:
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        for value in (entry.id, entry.link, entry.title, entry.author, entry.text):
            if value is not None:
                assert "\0" not in value
                value.encode()
        assert entry.id
        assert entry.link is None or entry.link.startswith(("http://", "https://"))
        assert entry.title is None or entry.title.splitlines() == [entry.title]


@given(content=st.binary(max_size=400))
@FEW
def test_any_bytes(content: bytes) -> None:
    check(content)


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
@FEW
def test_any_damage(name: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 50)))
        content[start:end] = data.draw(st.binary(max_size=20))
    check(bytes(content))


PIECES = st.lists(
    st.sampled_from(
        "<rss> </rss> <item> </item> <entry> </entry> <title> </title> <link> </link> <link/> <content> </content> &"
        " &amp; <![CDATA[ ]]> <!-- --> <? ?> <!DOCTYPE <!ENTITY [ ]> < > </ &#0; &nbsp; <description> </description>"
        " <p> text <feed> xmlns='http://www.w3.org/2005/Atom' type='xhtml' type='html' href='/a' http://[ /a xml:base='http://['"
        " <author> <name> <pubDate> 2024-11-11 <dc:date> <guid> <rdf:RDF>".split()
    ),
    max_size=30,
)


@given(pieces=PIECES)
@settings(max_examples=300, deadline=None)
def test_any_tags(pieces: list[str]) -> None:
    check(f"<rss>{''.join(pieces)}".encode())
    check(" ".join(pieces).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("http://a.example/"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = "id url external_url title content_html content_text summary date_published date_modified author authors"


@given(items=st.lists(st.dictionaries(st.sampled_from(NAMES.split()), JSON, max_size=6), max_size=3))
@settings(deadline=None)
def test_any_json(items: list[dict[str, object]]) -> None:
    check(json_feed(*items))


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))


@given(title=PRINTABLE, text=PRINTABLE)
@settings(deadline=None)
def test_what_is_written_comes_back(title: str, text: str) -> None:
    written = json_feed({"id": "1", "url": "/a", "title": title, "content_text": text})
    assert (only(written).title, only(written).text.split()) == (one_line(title), text.split())
    written = rss(item(link="/a", title=escape(title), description=f"<p>{escape(text)}</p>"))
    assert (only(written).title, only(written).text.split()) == (one_line(title), text.split())


# Fetching a feed


def test_a_feed_is_asked_for_and_shown_what_is_known(site: Site) -> None:
    url = site.answer("/feed", rss(item(link="/a")), Content_Type="text/html", ETag='W/"1"', Last_Modified="Monday")
    answer = fetch_feed(url, limits=HERE)
    assert answer.feed is not None
    assert (answer.address, answer.etag, answer.last_modified) == (url, 'W/"1"', "Monday")
    assert answer.feed.entries[0].link == site.url("/a")
    asked = site.requests[-1].headers
    assert "application/rss+xml" in asked["accept"]
    assert not {"if-none-match", "if-modified-since", "cookie"} & asked.keys()
    site.answer("/feed", status="304 Not Modified")
    again = fetch_feed(url, limits=HERE, etag=answer.etag, last_modified=answer.last_modified)
    asked = site.requests[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('W/"1"', "Monday")
    assert (again.feed, again.etag, again.last_modified) == (None, 'W/"1"', "Monday")


def test_nothing_has_changed_since_nothing(site: Site) -> None:
    with pytest.raises(FetchError, match="answered 304"):
        fetch_feed(site.answer("/feed", status="304 Not Modified"), limits=HERE)


def test_what_cannot_be_shown_again_is_not_kept(site: Site) -> None:
    url = site.answer("/feed", rss(item(link="/a")), ETag="é", Last_Modified="x" * 501)
    answer = fetch_feed(url, limits=HERE)
    assert (answer.etag, answer.last_modified) == (None, None)


def test_of_a_feed_that_breaks_off_nothing_is_shown_again(site: Site) -> None:
    url = site.answer("/feed", rss(item(link="/a"), item(link="/b"))[:-30], ETag='"1"')
    answer = fetch_feed(url, limits=HERE)
    assert answer.feed is not None
    assert (len(answer.feed.entries), answer.etag) == (1, None)


@pytest.mark.parametrize(
    ("steps", "remembered"),
    [
        (["301 Moved", "308 Moved"], "/2"),
        (["302 Found"], "/0"),
        (["301 Moved", "307 For now", "301 Moved"], "/1"),
        (["302 Found", "301 Moved"], "/0"),
    ],
)
def test_only_a_move_for_good_is_remembered(site: Site, steps: list[str], remembered: str) -> None:
    for number, status in enumerate(steps):
        site.answer(f"/{number}", status=status, Location=f"/{number + 1}")
    site.answer(f"/{len(steps)}", rss(item(link="a")))
    answer = fetch_feed(site.url("/0"), limits=HERE)
    assert answer.address == site.url(remembered)
    assert answer.feed is not None
    assert answer.feed.entries[0].link == site.url("/a")


def refused(url: str, limits: Limits = HERE) -> FetchError:
    with pytest.raises(FetchError) as refusal:
        fetch_feed(url, limits=limits)
    assert refusal.value.origin == url
    assert len(refusal.value.reason.splitlines()) == 1
    return refusal.value


@pytest.mark.parametrize(
    ("status", "temporary"), [("404 Not Found", False), ("410 Gone", False), ("429 Slow", True), ("500 Oh", True)]
)
def test_refusals(site: Site, status: str, temporary: bool) -> None:
    error = refused(site.answer("/feed", status=status, Retry_After="120"))
    assert (error.status, error.retry_after, error.temporary) == (int(status[:3]), "120", temporary)


def test_a_feed_that_drips_or_breaks_off(site: Site) -> None:
    site.answers["/slow"] = site.drip(b"HTTP/1.1 200 OK\r\n\r\n<rss>", every=0.05)
    error = refused(site.url("/slow"), SOON)
    assert (error.status, error.temporary) == (None, True)
    assert error.reason.startswith("took longer than 0.5 seconds")
    error = refused(site.answer("/short", rss(item(link="/a")), Content_Length="99999"))
    assert (error.reason, error.temporary) == ("broke off or did not answer in HTTP; try again later", True)


def test_a_feed_without_end(site: Site) -> None:
    closed = threading.Event()

    def endless(send: Send) -> None:
        try:
            send(b"HTTP/1.1 200 OK\r\n\r\n<rss>")
            while True:
                send(b"<item/>" * 1_000)
        finally:
            closed.set()

    site.answers["/endless"] = endless
    small = Limits(allowed_hosts=("127.0.0.1",), max_bytes=100_000)
    error = refused(site.url("/endless"), small)
    assert (error.reason, error.temporary) == (small.too_large, False)
    assert closed.wait(10)


def test_a_feed_may_not_be_where_nothing_may_be(site: Site) -> None:
    site.answer("/feed", rss(item(link="/a")))
    before = len(site.requests)
    assert "private address" in refused(site.url("/feed"), Limits()).reason
    assert len(site.requests) == before
    site.answer("/away", status="301 Moved", Location="http://169.254.169.254/feed")
    assert "169.254.169.254" in refused(site.url("/away")).reason
    site.answer("/round", status="301 Moved", Location="/round")
    assert refused(site.url("/round")).reason == "redirects in a circle"


# The article of an entry


def test_the_page_says_and_the_feed_fills_in(site: Site) -> None:
    url = site.answer("/2024/ferry-7", page(None), Content_Type="text/html")
    entry = FeedEntry(id="1", link=url, title="The ferry stops", author="Ann", published="2024-11-11T09:30:00Z")
    article = load_entry(entry, limits=HERE)
    assert (article.origin, article.url, article.text) == (url, url, LONG)
    assert (article.title, article.author, article.published) == ("The ferry stops", "Ann", "2024-11-11T09:30:00Z")
    said = '<meta name="author" content="Bo Berg"><meta property="article:published_time" content="2024-11-10">'
    site.answer(
        "/2024/ferry-7", page("No ferry", head=f'{said}<link rel="canonical" href="/f">'), Content_Type="text/html"
    )
    article = load_entry(entry, limits=HERE)
    assert (article.title, article.author, article.published) == ("No ferry", "Bo Berg", "2024-11-10")
    assert article.origin == site.url("/f")


def test_what_is_no_page(site: Site) -> None:
    with pytest.raises(FetchError) as refusal:
        load_entry(FeedEntry(id="1", link=site.answer("/gone", status="404 Not Found")), limits=HERE)
    assert refusal.value.status == 404
    url = site.answer("/empty", b"<html><body></body></html>", Content_Type="text/html")
    with pytest.raises(LoadingError, match="has no article in it") as empty:
        load_entry(FeedEntry(id="1", link=url), limits=HERE)
    assert empty.value.origin == url
    with pytest.raises(LoadingError, match="1: has no link"):
        load_entry(FeedEntry(id="1"), limits=HERE)


def test_the_text_of_the_feed_as_an_article() -> None:
    link = "http://courier.example/ferry"
    entry = FeedEntry(id="1", link=link, title="No ferry", author="Ann", published="2024-11-11", content=f"<p>{LONG}")
    article = text_article(entry, feed_url=URL, feed_title="The Courier")
    assert (article.origin, article.url, article.title, article.text) == (link, link, "No ferry", LONG)
    assert (article.source, article.author, article.published) == ("The Courier", "Ann", "2024-11-11")
    article = text_article(FeedEntry(id="1", content=LONG), feed_url=URL, feed_title=None)
    assert (article.origin, article.url, article.source) == (f"{URL}#1", None, "courier.example")
    assert article.title == "Untitled"
    with pytest.raises(LoadingError, match="too short to be an article"):
        text_article(FeedEntry(id="1", link=link, content="Read more …"), feed_url=URL, feed_title=None)
