"""PDF files: pages, paragraphs, and what is refused."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from articleqa.loading import Limits
from articleqa.loading.lines import Vocabulary, paragraphs
from loaded import article, refusal

STYLES = getSampleStyleSheet()
MILL = "The mill by the river was built long ago, and it has ground the corn of the valley ever since its first day. "
BRIDGE = (
    "The bridge is younger: it was built when the ferry sank, and it was closed again after the flood of that year. "
)


def printed(*story: object, **about: str) -> bytes:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, **about).build(list(story))
    return buffer.getvalue()


def body(text: str) -> Paragraph:
    return Paragraph(text, STYLES["BodyText"])


def head(text: str) -> Paragraph:
    return Paragraph(text, STYLES["Heading1"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "the-mill.pdf"


def test_pages_and_paragraphs(file: Path) -> None:
    story = [head("The mill"), body(MILL * 3), body(BRIDGE * 2 + "So it is."), PageBreak(), body(BRIDGE)]
    file.write_bytes(printed(*story, title="About the mill", author="Ann Lee", lang="en-GB"))
    loaded = article(file)
    first = f"The mill\n\n{(MILL * 3).strip()}\n\n{BRIDGE * 2}So it is."
    assert loaded.text == f"{first}\n\n{BRIDGE.strip()}"
    assert loaded.pages == (0, len(first) + 2)
    assert (loaded.title, loaded.author, loaded.language) == ("About the mill", "Ann Lee", "en")
    assert (loaded.published, loaded.url) == (None, None)


def test_a_page_without_text_among_others_keeps_its_number(file: Path) -> None:
    writer = PdfWriter()
    for content in (None, MILL, None, BRIDGE, None):
        if content is None:
            writer.add_blank_page(200, 200)
        else:
            writer.append(io.BytesIO(printed(body(content))))
    with file.open("wb") as target:
        writer.write(target)
    loaded = article(file)
    begins = [loaded.text[start : start + 10] for start in loaded.pages]
    assert len(begins) == 5
    assert (begins[1], begins[3]) == (MILL[:10], BRIDGE[:10])
    assert list(loaded.pages) == sorted(loaded.pages)


@pytest.mark.parametrize(
    "title", ["untitled", "Microsoft Word - mill.doc", "mill_final.docx", "12", "x", "  ", "PowerPoint Presentation"]
)
def test_a_title_that_is_none_is_not_used(file: Path, title: str) -> None:
    file.write_bytes(printed(head("The mill"), body(MILL), title=title, author="(anonymous)"))
    assert (article(file).title, article(file).author) == ("The mill", None)


def test_a_file_without_any_title_is_known_by_its_name(file: Path) -> None:
    file.write_bytes(printed(body(MILL * 3)))
    assert article(file).title == "The mill"


def test_a_scan_is_refused_as_such(file: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.rect(100, 100, 200, 200, fill=1)
    canvas.showPage()
    canvas.save()
    file.write_bytes(buffer.getvalue())
    assert refusal(file).reason == "has no text; it is probably a scan; run OCR over it first"


@pytest.mark.parametrize(("password", "readable"), [("secret", False), ("", True)])
def test_protected_by_a_password(file: Path, password: str, readable: bool) -> None:
    writer = PdfWriter()
    writer.append(io.BytesIO(printed(body(MILL))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    with file.open("wb") as target:
        writer.write(target)
    if readable:
        assert article(file).text == MILL.strip()
    else:
        assert refusal(file).reason == "is protected by a password; save it without one"


def test_a_cipher_that_needs_another_package(file: Path) -> None:
    keys = b"".join(
        b"/%s <%s> " % (name, b"00" * size) for name, size in ((b"O", 48), (b"U", 48), (b"OE", 32), (b"UE", 32))
    )
    cipher = b"/CF << /StdCF << /CFM /AESV3 /AuthEvent /DocOpen /Length 32 >> >> /StmF /StdCF /StrF /StdCF"
    encrypt = b"<< /Filter /Standard /V 5 /R 6 /Length 256 /P -4 /Perms <%s> %s%s >>" % (b"00" * 16, keys, cipher)
    plain = printed(body(MILL))
    file.write_bytes(plain.replace(b"trailer\n<<", b"trailer\n<< /Encrypt " + encrypt))
    assert b"/Encrypt" in file.read_bytes()
    assert refusal(file).reason.startswith(("is encrypted; save it without", "is protected by a password"))


WHOLE = printed(body(MILL * 20), PageBreak(), body(BRIDGE * 20))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"The mill is no PDF at all.", "is not a PDF"),
        (WHOLE[: len(WHOLE) // 2], "is cut off: the end of the PDF is missing; copy or download it again"),
        (WHOLE[:200], "is cut off: the end of the PDF is missing; copy or download it again"),
        (
            b"%PDF-1.4\n" + bytes(range(256)) * 9 + b"%%EOF",
            "the PDF is damaged; print it to a new PDF, or save its text as .txt",
        ),
        (WHOLE.replace(b"/Kids", b"/Kidz"), "the PDF is damaged; print it to a new PDF, or save its text as .txt"),
    ],
    ids="empty other half header junk pages".split(),
)
def test_what_is_no_whole_pdf_is_refused(
    file: Path, content: bytes, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert refusal(file).reason in (reason, "has no pages")
    assert capfd.readouterr() == ("", "")


def test_pypdf_keeps_quiet(file: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    file.write_bytes(WHOLE.replace(b"startxref\n", b"startxref\n9"))
    with caplog.at_level(logging.WARNING):
        assert article(file).text.startswith(MILL)
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])
    assert len(PdfReader(io.BytesIO(WHOLE)).pages) == 2


def test_the_limit_of_a_file(file: Path) -> None:
    file.write_bytes(WHOLE)
    assert "max_source_bytes" in refusal(file, limits=Limits(max_bytes=500)).reason


PAGE = """The mill
The mill by the river was built long ago, and it has
ground the corn of the val-
ley ever since. Its well-
known miller is self-
taught, the wheel is wooden and the Stras-
bourg clock is not.
The next paragraph begins after it and goes on with Mr.
Smith, who keeps the valley's ware-
house in order, and
• a bullet point
• another bullet
Year
1999
"""


def test_lines_become_paragraphs() -> None:
    title, first, second = paragraphs(PAGE, Vocabulary.of([PAGE, "the valley, the warehouse and a well"]))
    assert title == "The mill"
    assert first == (
        "The mill by the river was built long ago, and it has ground the corn of the valley ever since. Its well-known"
        " miller is self-taught, the wheel is wooden and the Strasbourg clock is not."
    )
    assert second == (
        "The next paragraph begins after it and goes on with Mr. Smith, who keeps the valley's warehouse in order, and"
        "\n• a bullet point\n• another bullet\nYear\n1999"
    )


@pytest.mark.parametrize(
    ("first", "rest", "words", "joined"),
    [
        ("val", "ley", "the valley", "valley"),
        ("val", "ley", "", "valley"),
        ("house", "boat", "a house-boat", "house-boat"),
        ("house", "boat", "my house", "house-boat"),
        ("house", "boat", "my house, a houseboat", "houseboat"),
        ("Sainte", "Marie", "", "Sainte-Marie"),
        ("self", "made", "", "self-made"),
        ("Infor", "mation", "information", "Information"),
    ],
)
def test_a_hyphen_goes_only_when_it_is_safe(first: str, rest: str, words: str, joined: str) -> None:
    assert Vocabulary.of([words]).join(first, rest) == joined


def test_soft_hyphens_blank_lines_and_scripts_without_spaces() -> None:
    page = "A ware\u00ad\nhouse is full of soft\u00adly\nfalling corn and\n\nof mice.\n水车小屋在河边，\n磨着谷物。"
    assert paragraphs(page, Vocabulary.of([page])) == [
        "A warehouse is full of softly falling corn and",
        "of mice.\n水车小屋在河边，磨着谷物。",
    ]


def test_an_empty_page_has_no_paragraphs() -> None:
    assert paragraphs(" \n\n \u00ad\n", Vocabulary.of([])) == []
