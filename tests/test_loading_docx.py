"""Word files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from articleqa.loading import Limits
from loaded import article, refusal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "the-mill.docx"


def test_paragraphs_and_tables_come_in_their_order(file: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "About the mill"
    document.core_properties.author = "Ann Lee"
    document.core_properties.language = "en-GB"
    document.add_heading("The mill", 1)
    document.add_paragraph("It was built long ago.")
    table = document.add_table(2, 2)
    for row, texts in zip(table.rows, (("Year", "Corn"), ("1999", "12\ntons")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("")
    document.add_paragraph("Then a line\nand another.")
    document.save(str(file))
    loaded = article(file)
    assert (
        loaded.text == "The mill\n\nIt was built long ago.\n\nYear | Corn\n1999 | 12 tons\n\nThen a line\nand another."
    )
    assert (loaded.title, loaded.author, loaded.language) == ("About the mill", "Ann Lee", "en")


def test_titles_are_the_first_heading_or_the_first_line_or_the_name(file: Path) -> None:
    document = docx.Document()
    first = document.add_paragraph("An opening line")
    heading = document.add_heading("The mill", 2)
    document.add_paragraph("It was built long ago.")
    document.save(str(file))
    assert (article(file).title, article(file).author) == ("The mill", None)
    heading._element.getparent().remove(heading._element)
    document.save(str(file))
    assert article(file).title == "An opening line"
    first._element.getparent().remove(first._element)
    document.save(str(file))
    assert article(file).title == "The mill"


def test_what_a_reader_does_not_see_is_no_text(file: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The mill")
    paragraph.add_run(" HIDDEN").font.hidden = True
    paragraph.add_run(" stands").font.hidden = False
    for change in ("ins", "del", "moveFrom"):
        kind = "delText" if change == "del" else "t"
        run = f'<w:r><w:{kind} xml:space="preserve"> {change}</w:{kind}></w:r>'
        paragraph._p.append(parse_xml(f'<w:{change} w:id="1" w:author="a" {nsdecls("w")}>{run}</w:{change}>'))
    document.save(str(file))
    assert article(file).text == "The mill stands ins"


def test_fields_content_controls_and_text_boxes_are_read_once(file: Path) -> None:
    document = docx.Document()
    body = document.element.body
    control = (
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    body.insert(0, parse_xml(control))
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    both = (
        f'<w:p {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><w:t>Before'
        f"</w:t><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent><w:tab/><w:t>after.</w:t></w:r></w:p>"
    )
    body.insert(1, parse_xml(both))
    document.save(str(file))
    assert article(file).text == "In a control.\n\nBefore\tafter.\n\nIn a box."


def archive(content: bytes, *, name: str = "word/document.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, content)
    return buffer.getvalue()


def whole() -> bytes:
    buffer = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("It was built long ago.")
    document.save(buffer)
    return buffer.getvalue()


DAMAGED = "is damaged or not a Word file; open it in Word and save it again"
CUT = "is not a .docx file, or is cut off; copy it again or save it as .docx"
PROTECTED = "is protected by a password or an old .doc; save it as .docx without a password"
BOMB = "unpacked, it is larger than 40,000,000 bytes; raise max_source_bytes to read it"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"no archive", CUT),
        (whole()[:9_000], CUT),
        (b"\xd0\xcf\x11\xe0" + bytes(500), PROTECTED),
        (archive(b"<x/>"), DAMAGED),
        (whole().replace(b"word/document.xml", b"word/documend.xml"), DAMAGED),
        (archive(bytes(50_000_000)), BOMB),
    ],
    ids="empty other cut protected zip renamed bomb".split(),
)
def test_what_is_no_whole_word_file_is_refused(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    assert refusal(file).reason == reason


def test_an_archive_that_lies_about_its_size_is_not_unpacked(file: Path) -> None:
    bomb = bytearray(archive(bytes(5_000_000)))
    declared = (5_000_000).to_bytes(4, "little")
    file.write_bytes(bytes(bomb).replace(declared, (1_000).to_bytes(4, "little")))
    assert refusal(file, limits=Limits(max_bytes=1_000_000)).reason.startswith("is damaged or not a Word file")


def test_a_document_without_text_is_refused(file: Path) -> None:
    docx.Document().save(str(file))
    assert refusal(file).reason == "has no text"
