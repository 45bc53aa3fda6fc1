"""Web pages as files: what becomes the article, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from articleqa.loading import metadata
from loaded import article, refusal

SENTENCE = "The mill by the river was built long ago, and it has ground the corn of the valley ever since."
PARAGRAPH = f"<p>{SENTENCE}\n   The wheel was replaced\ntwice, and the <b>miller</b> <a href='/x'>stayed</a>.</p>"
OTHER = "A second mill stands on the hill above the town; it is driven by the wind, and it is younger by a century."
READ = f"{SENTENCE} The wheel was replaced twice, and the miller stayed."

NEWS = f"""<!doctype html><html lang="en-GB"><head><title>The mill | Valley News</title>
<meta property="og:site_name" content="Valley News"><meta property="og:title" content="The mill by the river">
<meta name="author" content="Ann Lee"><link rel="canonical" href="https://valley.example/mill">
<meta property="article:published_time" content="2024-11-07T23:30:00-05:00">
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "NewsArticle",
"articleBody": "STRUCTURED TEXT that is nowhere on the page, however long it may be in the script."}}</script>
<script>document.title = "SCRIPT TEXT";</script><style>p {{ content: "STYLE TEXT" }}</style></head>
<body><nav><a href="/">NAVIGATION</a></nav><article><h1>The mill by the river</h1>{PARAGRAPH}
<h2>History</h2>{PARAGRAPH}<ul><li>first thing<ul><li>nested thing</li></ul></li><li>second thing</li></ul>
<table><tr><th>Year</th><th>Corn</th></tr><tr><td>1999</td><td>12 tons</td></tr></table>
<p>A line<br>and its fellow.</p>{PARAGRAPH}
<div style="color: red; DISPLAY : none">HIDDEN BY STYLE</div><p hidden>HIDDEN BY ATTRIBUTE</p>
<p aria-hidden="true">HIDDEN FROM READERS</p><p style="visibility:hidden">INVISIBLE</p>
<template><p>TEMPLATE TEXT</p></template><noscript><p>NOSCRIPT TEXT</p></noscript></article>
<div id="comments"><div class="comment"><p>COMMENT of a reader, who has much to say about mills.</p></div></div>
<footer>Copyright 2015 FOOTER</footer></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "the-mill.html"


def with_body(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>The mill</title>{head}</head><body>{body}</body></html>"


def structured(data: str) -> str:
    return f'<script type="application/ld+json">{data}</script>'


def test_a_news_page(page: Path) -> None:
    page.write_text(NEWS, encoding="utf-8")
    loaded = article(page)
    assert loaded.text == "\n\n".join(
        [
            "The mill by the river",
            READ,
            "History",
            READ,
            "- first thing\n  - nested thing\n- second thing",
            "Year | Corn\n1999 | 12 tons",
            "A line\nand its fellow.",
            READ,
        ]
    )
    assert (loaded.title, loaded.author, loaded.source) == ("The mill by the river", "Ann Lee", "Valley News")
    assert (loaded.published, loaded.language) == ("2024-11-08T04:30:00Z", "en")
    assert (loaded.url, loaded.origin) == ("https://valley.example/mill", str(page.resolve()))


@pytest.mark.parametrize(
    "html",
    [
        "<html><body></body></html>",
        with_body("<nav><ul><li><a href='/'>Home</a></li><li><a href='/a'>All about us</a></li></ul></nav>"),
        with_body(
            "<div><a href='/'>Home</a> | <a href='/a'>All about us</a> | <a href='/c'>Contact the team</a></div>"
        ),
        with_body(
            "<div id=root></div><noscript>Please enable JavaScript to run this app.</noscript><script>go()</script>"
        ),
        with_body(f"<div style='display:none'>{PARAGRAPH}</div>"),
        with_body(f"<script>const text = `{PARAGRAPH * 9}`</script>"),
        with_body("<h1>404</h1>"),
        "<!-- nothing but a comment -->",
    ],
    ids=["empty", "navigation", "links", "application", "hidden", "script", "one word", "comment"],
)
def test_a_page_without_an_article_is_refused(page: Path, html: str) -> None:
    page.write_text(html, encoding="utf-8")
    assert refusal(page).reason.startswith("has no article in it")


@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_page_is_refused(page: Path, content: bytes) -> None:
    page.write_bytes(content)
    assert refusal(page).reason == "is empty"


def test_short_pages_fragments_and_broken_markup_keep_their_paragraphs(page: Path) -> None:
    page.write_text(with_body("<h1>Note</h1><p>The mill is closed\n<i>until</i> Friday.</p>"), encoding="utf-8")
    assert article(page).text == "Note\n\nThe mill is closed until Friday."
    page.write_text("<p>The mill is closed until Friday.</p>", encoding="utf-8")
    assert (article(page).title, article(page).text) == ("The mill", "The mill is closed until Friday.")
    page.write_text(
        "<html><body><p>The mill is <b>closed</b> until Friday.<p>So is </span>the bridge<td>", encoding="utf-8"
    )
    assert article(page).text == "The mill is closed until Friday.\n\nSo is the bridge"


@pytest.mark.parametrize("suffix", ["htm", "html"])
@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        ("utf-8", ""),
        ("utf-8-sig", "<meta charset=latin-1>"),
        ("utf-16", ""),
        ("koi8-r", "<meta charset='koi8-r'>"),
        ("windows-1251", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'),
        ("utf-8", "<meta charset=windows-1251>"),
        ("cp1251", "<meta charset=punycode>"),
    ],
)
def test_the_charset_that_a_page_declares_is_honoured(
    tmp_path: Path, suffix: str, encoding: str, declaration: str
) -> None:
    page = tmp_path / f"page.{suffix}"
    text = "Мельница у реки была построена давно, и с тех пор она мелет зерно всей долины."
    page.write_bytes(with_body(f"<p>{text}</p>", declaration).encode(encoding))
    assert article(page).text == text


def test_japanese_with_escapes(page: Path) -> None:
    text = "川のほとりの水車小屋はずっと昔に建てられ、それ以来谷の穀物を挽いてきた。"
    page.write_bytes(with_body(f"<p>{text}</p>", "<meta charset=iso-2022-jp>").encode("iso2022_jp"))
    assert article(page).text == text


@pytest.mark.parametrize(
    ("head", "body", "published"),
    [
        ('<meta property="article:published_time" content="2024-11-07T09:30:00Z">', "", "2024-11-07T09:30:00Z"),
        (structured('[{"@graph":{"@type":["Report"],"datePublished":"2024-11-07T09Z"}}]'), "", "2024-11-07T09:00:00Z"),
        (structured('{"@type":"NewsArticle","datePublished":7}'), "", None),
        ('<meta property="article:published_time" content="2124-11-07T09:30:00Z">', "", "2124-11-07T09:30:00Z"),
        ('<meta property="article:published_time" content="last Friday">', "", None),
        ('<meta name="date" content="2024-11-07">', "", "2024-11-07"),
        ("", '<time datetime="2024-11-07">Thursday</time>', "2024-11-07"),
        ("", '<p class="byline">By Ann Lee, November 7, 2024</p>', "2024-11-07"),
        ("", '<p class="byline">By Ann Lee, Nov. 7, 2024</p>', "2024-11-07"),
        ("", "<p>Published on 7 November 2024</p>", "2024-11-07"),
        ("", "<p>It burned down on 2001-05-03, and again in 2003.</p>", None),
        ("", "<h1>The fire of 3 May 2001</h1>", None),
        ("", "<footer>Copyright 2015</footer>", None),
        ("", '<div class="comment"><time datetime="2020-01-02">then</time></div>', None),
    ],
)  # fmt: skip
def test_dates_are_those_that_the_page_states(page: Path, head: str, body: str, published: str | None) -> None:
    page.write_text(with_body(f"{body}{PARAGRAPH}<p>{OTHER}</p>", head), encoding="utf-8")
    assert article(page).published == published


def test_the_date_in_a_byline_is_no_author(page: Path) -> None:
    page.write_text(with_body(f"<div class=byline>By Ann Lee, Nov. 7, 2024</div>{PARAGRAPH}"), encoding="utf-8")
    assert article(page).author == "Ann Lee"


@pytest.mark.parametrize(
    "href", ["/mill", "javascript:alert(1)", "ftp://valley.example/mill", "http://a:b@valley.example/"]
)
def test_a_file_has_no_address_unless_its_page_claims_a_whole_one(page: Path, href: str) -> None:
    page.write_text(with_body(PARAGRAPH, f'<link rel="canonical" href="{href}">'), encoding="utf-8")
    assert article(page).url is None


def many(start: str, end: str = "", *, times: int) -> str:
    return with_body(PARAGRAPH + start * times + end * times)


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote"])
def test_bottomless_markup_is_refused_rather_than_read_in_part(page: Path, tag: str) -> None:
    page.write_text(many(f"<{tag}>", times=100_000), encoding="utf-8")
    assert refusal(page).reason == "has too deep or too large markup for a web page; save its text as .txt"


def test_deep_markup_is_read(page: Path) -> None:
    page.write_text(many("<div>", "</div>", times=200).replace("<p>", f"<p>{OTHER}</p><p>"), encoding="utf-8")
    assert article(page).text == f"{OTHER}\n\n{READ}"


def test_a_page_with_more_elements_than_an_article_has_is_refused(page: Path) -> None:
    page.write_text(many("<p>x</p>", times=50_000), encoding="utf-8")
    assert refusal(page).reason.startswith("has more than 30,000 elements")


@pytest.mark.parametrize(
    "hostile",
    [
        f"<div title='{'<' * 1_000_000}'></div>",
        f"<meta name=author content='{'(' * 1_000_000}'>",
        "<meta name=author content='" + "<" * 1_900 + "'>" * 400,
        structured('"author":' * 100_000),
        structured("[" * 100_000),
        structured('{"@type": "Article", "author": "' + "(" * 500_000 + '"}'),
        f"<title>{' - ' * 100_000}</title>",
        f"<p class='{'date ' * 100_000}'>{'1 ' * 100}</p>",
        "<svg><text>EVIL</text></svg><iframe srcdoc='<p>EVIL'>EVIL</iframe><object>EVIL</object>",
    ],
    ids="attribute author metas garbage brackets name title class foreign".split(),
)
def test_hostile_pages_are_read_all_the_same(page: Path, hostile: str) -> None:
    page.write_text(
        with_body(f"{PARAGRAPH}<p>{OTHER}</p>{hostile}", hostile if "<p" not in hostile else ""), encoding="utf-8"
    )
    loaded = article(page)
    assert loaded.text.startswith(f"{READ}\n\n{OTHER}")
    assert "EVIL" not in loaded.text
    assert len(loaded.title) <= 300


def test_a_binary_file_is_no_page(page: Path) -> None:
    page.write_bytes(b"%PDF-1.7 and so on")
    assert refusal(page).reason == "is not text: it is a PDF; name it .pdf if it is one"


def test_structured_data_is_cut_before_it_is_searched() -> None:
    long = {"@type": "Article", "author": [{"name": "x" * 10_000}] * 200}
    cut = metadata._cut(long, depth=0)
    assert len(cut["author"]) == 50
    assert len(cut["author"][0]["name"]) == 300
