"""Bytes to text: which encoding it is, and whether it is text at all."""

from __future__ import annotations

import codecs
import re

from articleqa.loading.raw import Raw

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF", ".pdf"),
    (b"PK\x03\x04", "a zip archive or an Office file", ".docx"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", ""),
    (b"{\\rtf", "an RTF file", ""),
    (b"\x89PNG", "an image", ""),
    (b"\xff\xd8\xff", "an image", ""),
    (b"GIF8", "an image", ""),
    (b"\x1f\x8b", "a gzip archive", ""),
    (b"\x7fELF", "a program", ""),
    (b"SQLite format 3\x00", "a database", ""),
)
# Few guesses are better guesses: with all of Python's codecs, "café" in Latin-1 is taken for Urdu.
_GUESSES = (
    *("cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "mac_roman"),
)
# A page that declares the left means the right: the browsers' table, https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
}
_DECLARABLE = re.compile(
    r"utf-8|utf-16-[lb]e|iso8859-\d+|cp(125[0-8]|866|874|932|949)|koi8-[rut]|mac-(roman|cyrillic)"
    r"|gb18030|big5hkscs|euc_jp|iso2022_jp"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_JAPANESE = re.compile("[\u3040-\u30ff]")
_SAMPLE = 65_536


def text_of(raw: Raw, *, declared: tuple[str, ...] = ()) -> str:
    """The text of a source.

    A byte order mark decides, then valid UTF-8, then what was ``declared``, then a guess.

    Raises:
        LoadingError: if the source is empty or is not text.
    """
    if not raw.content.strip():
        raise raw.refused("is empty")
    for magic, what, suffix in _MAGIC:
        if raw.content.startswith(magic):
            raise raw.refused(f"is not text: it is {what}" + (f"; name it {suffix} if it is one" if suffix else ""))
    text = decoded(raw.content, declared=declared)
    if text is None:
        raise raw.refused("is not text, or its encoding is not known; save it as UTF-8")
    return text


def decoded(content: bytes, *, declared: tuple[str, ...] = ()) -> str | None:
    """``content`` as text, or None where it is not text."""
    text = _decoded(content, [name for label in declared if (name := _codec(label))])
    if text is None:
        return None
    controls = len(text) - len(_CONTROL.sub("", text))
    return None if controls > max(4, len(text) // 50) else text


def _decoded(content: bytes, declared: list[str]) -> str | None:
    for mark, name in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, errors="replace")
    if utf16 := _utf16_without_mark(content):
        return content.decode(utf16, errors="replace")
    if "iso2022_jp" in declared and b"\x1b" in content:
        return content.decode("iso2022_jp", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = content.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    # One damaged byte in a UTF-8 text is no reason to misread all the others.
    if (len(text) - len(text.encode("ascii", errors="ignore")) - bad) >= 4 * bad:
        return text
    for name in declared:
        if name != "utf-8":
            return content.decode(name, errors="replace")
    guess = _guess(_sample(content))
    return None if guess is None else content.decode(guess, errors="replace")


def _utf16_without_mark(content: bytes) -> str | None:
    """UTF-16 by its zero bytes, which fall on one side only: in any script, blanks and line breaks have them."""
    sample = content[:_SAMPLE]
    units = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if not units or zeros < units * 0.03 or others > units * 0.002:
            continue
        # A few zeros in what is text without them are dirt.
        if zeros < units * 0.3 and _is_clean_utf8(sample.replace(b"\0", b"")):
            continue
        if not _CONTROL.search(sample[: units * 2].decode(name, errors="ignore"), 0, 1_000):
            return name
    return None


def _is_clean_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="replace")
    return "\ufffd" not in text[:-1] and not _CONTROL.search(text[:-1])


def _codec(label: str) -> str | None:
    """Python's codec for a declared charset. Only real charsets count: "punycode" and the like are codecs as well."""
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None
    name = _MEANT.get(name, name)
    return name if _DECLARABLE.fullmatch(name) else None


def _sample(content: bytes) -> bytes:
    """The lines that tell encodings apart: those with bytes beyond ASCII, up to 64 KiB."""
    if len(content) <= _SAMPLE:
        return content
    picked = bytearray()
    position = 0
    while len(picked) < _SAMPLE and (match := _HIGH.search(content, position)):
        start = max(content.rfind(b"\n", position, match.start()) + 1, match.start() - 200, position)
        end = content.find(b"\n", match.start(), match.start() + 4_000)
        position = end + 1 if end >= 0 else match.start() + 4_000
        picked += content[start:position]
    return bytes(picked)


def _guess(sample: bytes) -> str | None:
    for name in ("cp932", "euc_jp"):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        foreign = sum(character > "\x7f" for character in text)
        # Kana are frequent in Japanese and next to impossible in anything that is misread as it.
        if len(_JAPANESE.findall(text)) > foreign * 0.2 and foreign >= 4:
            return name
    from charset_normalizer import from_bytes

    matches = list(from_bytes(sample, cp_isolation=list(_GUESSES)))
    if not matches:
        return None
    best = matches[0]
    # The library orders equals by name, which makes Central European of every French text.
    for match in matches:
        equal = match.chaos <= best.chaos + 0.001 and match.coherence >= best.coherence - 0.001
        if match.encoding == "cp1252" and equal and best.encoding in ("cp1250", "iso8859_2", "cp1257"):
            return "cp1252"
    return str(best.encoding)
