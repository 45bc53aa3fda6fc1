"""PDF files, page by page."""

from __future__ import annotations

import logging
import re
from io import BytesIO
from typing import TYPE_CHECKING

from articleqa.loading.cleaning import finished, first_line, language_code, one_line, readable_name, valid_text
from articleqa.loading.lines import Vocabulary, paragraphs
from articleqa.loading.raw import Raw
from articleqa.types import Article

if TYPE_CHECKING:
    from pypdf import PdfReader

_HEADER_WITHIN = 1_024
_END_WITHIN = 4_096
_BETWEEN_PAGES = "\n\n"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# One glyph for several letters; and what PDF's WinAnsi encoding has at 127.
_GLYPHS = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x7f": "•"})
_NO_TITLE = re.compile(
    r"\(?anonymous\)?|untitled|title|document\d*|presentation\d*|powerpoint presentation|microsoft \w+ - .*"
    r"|.*\.(docx?|pdf|indd|tex|dvi|odt|rtf|pptx?|xlsx?|qxd|html?|txt|pages)",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"\(?(anonymous|unknown|author|user|admin|administrator)\)?", re.IGNORECASE)


def read_pdf(raw: Raw) -> Article:
    """The article in a PDF. Lines are joined to paragraphs; ``pages`` are the offsets at which the pages begin.

    Raises:
        LoadingError: if it is no PDF, cut off, protected, damaged, or a scan without text.
    """
    pages = [valid_text(_CONTROL.sub("", page.translate(_GLYPHS))) for page in _pages(raw)]
    if not any(re.search(r"\w", page) for page in pages):
        raise raw.refused("has no text; it is probably a scan; run OCR over it first")
    vocabulary = Vocabulary.of(pages)
    joined = ["\n\n".join(paragraphs(page, vocabulary)) for page in pages]
    text = _BETWEEN_PAGES.join(joined)
    offsets, offset = [], 0
    for page in joined:
        offsets.append(min(offset, len(text)))
        offset += len(page) + len(_BETWEEN_PAGES)
    title, author, language = _claims(raw)
    return finished(
        Article(
            title=title or first_line(text) or readable_name(raw.name),
            text=text,
            origin=raw.origin,
            url=raw.url,
            source=raw.site,
            author=author,
            language=language_code(language),
            pages=tuple(offsets),
        ),
        where=raw.origin,
    )


def _opened(raw: Raw) -> PdfReader:
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return PdfReader(BytesIO(raw.content))


def _pages(raw: Raw) -> list[str]:
    from pypdf.errors import DependencyError, FileNotDecryptedError

    if not raw.content.strip():
        raise raw.refused("is empty")
    if b"%PDF-" not in raw.content[:_HEADER_WITHIN]:
        raise raw.refused("is not a PDF")
    end = raw.content[-_END_WITHIN:]
    if b"%%EOF" not in end and b"startxref" not in end:
        raise raw.refused("is cut off: the end of the PDF is missing; copy or download it again")
    pages: list[str] = []
    try:
        for page in _opened(raw).pages:
            pages.append(page.extract_text())  # noqa: PERF401 - how many there are tells which page is damaged
    except FileNotDecryptedError as error:
        raise raw.refused("is protected by a password; save it without one") from error
    except DependencyError as error:
        raise raw.refused("is encrypted; save it without a password, or run: pip install 'pypdf[crypto]'") from error
    except Exception as error:  # pypdf says itself that broken files may raise anything
        where = f"page {len(pages) + 1} of the PDF" if pages else "the PDF"
        raise raw.refused(f"{where} is damaged; print it to a new PDF, or save its text as .txt") from error
    if not pages:
        raise raw.refused("has no pages")
    return pages


def _claims(raw: Raw) -> tuple[str | None, str | None, str | None]:
    """Title, author and language as the file's metadata has them, where they make sense."""
    try:
        reader = _opened(raw)
        about = reader.metadata
        title = one_line(about.title if about else None)
        author = one_line(about.author if about else None)
        language = reader.root_object.get("/Lang")
    except Exception:  # noqa: BLE001 - the text is good; broken metadata is no reason to refuse it
        return None, None, None
    if title and (len(title) < 3 or _NO_TITLE.fullmatch(title) or not re.search(r"[^\W\d_]", title)):
        title = None
    if author and (_NOBODY.fullmatch(author) or not re.search(r"[^\W\d_]", author)):
        author = None
    return title, author, str(language) if isinstance(language, str) else None
