"""Word files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from articleqa.loading.cleaning import finished, first_line, language_code, one_line, readable_name, valid_text
from articleqa.loading.limits import Limits
from articleqa.loading.raw import Raw
from articleqa.types import Article

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What the text does not show: struck by tracked changes, moved elsewhere, or said again for older programs.
_UNSEEN = frozenset((f"{_W}del", f"{_W}moveFrom", _FALLBACK))
_NO_TITLE = re.compile(r"word document|untitled|title|document\d*", re.IGNORECASE)
_NOBODY = re.compile(r"python-docx|microsoft office user|author|user|admin", re.IGNORECASE)
_HEADING = re.compile(r"title|heading \d", re.IGNORECASE)


def read_docx(raw: Raw, limits: Limits) -> Article:
    """The article in a Word file: paragraphs, tables and text boxes in the order of the document.

    Raises:
        LoadingError: if it is no ``.docx``, damaged, protected, or unpacks to more than ``limits.max_bytes``.
    """
    _check_archive(raw, limits)
    from docx import Document

    try:
        document = Document(BytesIO(raw.content))
        text = valid_text("\n\n".join(_blocks(document.element.body)))
        heading = _first_heading(document)
        about = document.core_properties
        title, author, language = one_line(about.title), one_line(about.author), about.language
    except Exception as error:  # python-docx lets KeyError, XML errors and others out of damaged files
        raise raw.refused("is damaged or not a Word file; open it in Word and save it again") from error
    if title and _NO_TITLE.fullmatch(title):
        title = None
    if author and _NOBODY.fullmatch(author):
        author = None
    return finished(
        Article(
            title=title or heading or first_line(text) or readable_name(raw.name),
            text=text,
            origin=raw.origin,
            url=raw.url,
            author=author,
            language=language_code(language),
        ),
        where=raw.origin,
    )


def _check_archive(raw: Raw, limits: Limits) -> None:
    import zipfile

    if not raw.content.strip():
        raise raw.refused("is empty")
    if raw.content.startswith(_OLD_OFFICE):
        raise raw.refused("is protected by a password or an old .doc; save it as .docx without a password")
    try:
        with zipfile.ZipFile(BytesIO(raw.content)) as archive:
            # Never more than the declared size is unpacked of an entry, so that a lie about it damages only itself.
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except Exception as error:  # a damaged directory raises struct errors, ValueError, NotImplementedError
        raise raw.refused("is not a .docx file, or is cut off; copy it again or save it as .docx") from error
    if unpacked > limits.max_bytes:
        raise raw.refused(f"unpacked, it {limits.too_large}")


def _blocks(container: Any) -> Iterator[str]:
    for child in container.iterchildren("*"):
        if child.tag == f"{_W}p":
            if text := _paragraph(child).strip():
                yield text
            for box in _text_boxes(child):
                yield from _blocks(box)
        elif child.tag == f"{_W}tbl":
            rows = (" | ".join(_cells(row)) for row in child.iterchildren(f"{_W}tr"))
            if table := "\n".join(row for row in rows if row.strip(" |")):
                yield table
        elif child.tag not in _UNSEEN:
            yield from _blocks(child)


def _cells(row: Any) -> list[str]:
    return [" ".join(" ".join(_blocks(cell)).split()) for cell in row.iter(f"{_W}tc") if _row_of(cell) is row]


def _row_of(cell: Any) -> Any:
    return next(cell.iterancestors(f"{_W}tr"), None)


def _paragraph(element: Any) -> str:
    """The visible text of a paragraph, without that of the text boxes anchored in it."""
    parts: list[str] = []
    for child in element.iterchildren("*"):
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag == f"{_W}tab":
            parts.append("\t")
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
        elif child.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif child.tag not in _UNSEEN and child.tag not in (f"{_W}txbxContent", f"{_W}pPr") and not _is_hidden(child):
            parts.append(_paragraph(child))
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish") if run.tag == f"{_W}r" else None
    return mark is not None and mark.get(f"{_W}val", "true") not in ("0", "false", "off")


def _text_boxes(paragraph: Any) -> Iterator[Any]:
    for box in paragraph.iter(f"{_W}txbxContent"):
        if next(box.iterancestors(_FALLBACK), None) is None and next(box.iterancestors(f"{_W}p"), None) is paragraph:
            yield box


def _first_heading(document: Any) -> str | None:
    for paragraph in document.paragraphs:
        style = paragraph.style.name if paragraph.style is not None else None
        if style and _HEADING.fullmatch(style) and paragraph.text.strip():
            return one_line(paragraph.text)
    return None
