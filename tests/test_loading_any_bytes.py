"""Whatever bytes a file has, loading it yields valid articles or reasons of one line, and nothing gets out."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from articleqa.loading import Limits, count, load
from articleqa.loading.encoding import decoded
from articleqa.types import Article, LoadingError

SUFFIXES = ("txt", "md", "html", "pdf", "docx", "jsonl")
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def a_pdf() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pageCompression=0)
    canvas.drawString(72, 700, "The mill by the river was built long ago.")
    canvas.showPage()
    canvas.save()
    writer = PdfWriter()
    writer.append(buffer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def a_docx() -> bytes:
    document = docx.Document()
    document.add_paragraph("The mill by the river was built long ago.")
    packed, stored = io.BytesIO(), io.BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(stored, "w") as target:  # so that damage reaches the XML
        for entry in source.namelist():
            target.writestr(entry, source.read(entry))
    return stored.getvalue()


WHOLE = {
    "txt": "The mill\n\nIt was built löng ago.".encode(),
    "md": b"---\ntitle: The mill\ndate: 2024-11-07\n---\n# Mill\n\nIt was built long ago.",
    "html": b"<html lang=en><head><meta charset=latin-1><title>Mill</title><script type='application/ld+json'>"
    b'{"@type": "Article", "datePublished": "2024-11-07"}</script></head><body><h1>The mill</h1><p>It was built long'
    b" ago.<ul><li>one<li>two</ul><table><tr><td>a<td>b</table></body></html>",
    "pdf": a_pdf(),
    "docx": a_docx(),
    "jsonl": b'{"id": "1", "title": "The mill", "text": "It was built long ago.", "published": "2024-11-07"}\n' * 2,
}


def check(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"some-file.{suffix}")
        path.write_bytes(content)
        results = list(load(path, limits=Limits(max_bytes=10_000_000)))
        assert suffix == "jsonl" or count(path) == len(results)
    assert results
    for result in results:
        if isinstance(result, LoadingError):
            assert result.origin == str(path.resolve())
            assert result.reason
            assert len(result.reason.splitlines()) == 1
        else:
            check_article(result)


def check_article(article: Article) -> None:
    for value in (
        article.title,
        article.text,
        article.author,
        article.source,
        article.url,
        article.language,
        article.id,
    ):
        if value is not None:
            assert value
            assert "\0" not in value
            value.encode("utf-8")
    assert "\r" not in article.text
    assert article.title.splitlines() == [article.title]
    assert list(article.pages) == sorted(article.pages)
    assert all(0 <= offset <= len(article.text) for offset in article.pages)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_whole_files_are_articles(suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"mill.{suffix}")
        path.write_bytes(WHOLE[suffix])
        assert isinstance(next(load(path)), Article)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.binary(max_size=400))
@FEW
def test_any_bytes(suffix: str, content: bytes) -> None:
    check(content, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.data())
@FEW
def test_damage(suffix: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 50)))
        content[start:end] = data.draw(st.binary(max_size=20))
    check(bytes(content), suffix)


@given(text=st.text(min_size=1).filter(str.strip), suffix=st.sampled_from(("txt", "md", "html", "jsonl")))
@FEW
def test_any_text(text: str, suffix: str) -> None:
    check(text.encode("utf-8", errors="surrogatepass"), suffix)


PRINTABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\ufffd\ufffe\uffff")


@given(text=st.text(PRINTABLE), encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-32")))
@settings(deadline=None)
def test_text_comes_back_as_it_was_written(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


@given(fields=st.fixed_dictionaries({}, optional={
    name: st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text(), max_size=1))
    for name in ("title", "text", "id", "origin", "url", "source", "author", "published", "language", "pages")
}))  # fmt: skip
@settings(deadline=None)
def test_any_article(fields: dict[str, object]) -> None:
    given = Article(**{"title": "The mill", "text": "It is old.", "pages": (), **fields})  # type: ignore[arg-type]
    (result,) = load(given)
    if isinstance(result, LoadingError):
        assert len(result.reason.splitlines()) == 1
    else:
        check_article(result)
