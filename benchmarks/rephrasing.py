"""Says true sentences a little differently, so that they are as true as before."""

from __future__ import annotations

import re

_SMALL = dict(zip("two three four five six seven eight nine ten eleven twelve".split(), range(2, 13), strict=True))
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_LARGE = {"thousand": 3, "million": 6, "billion": 9}
_CONTRACTED = re.compile(r"\b(is|are|was|were|did|does|do|has|have|had|would|could|should) not\b")


def _lower(text: str) -> str:
    return (
        text[:1].lower() + text[1:] if re.match(r"(?:The|A|An|It|He|She|They|This|In|Its|His|Their)\b", text) else text
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def clause_dropped(sentence: str) -> str | None:
    """Without a clause that only adds something: at the end, in brackets, or between commas."""
    for pattern in (
        r",? \([^()]*\)",
        r", (?:which|who|where|whose|while|as well as|including|such as) [^,;]+(?=\.$)",
        r", (?:which|who|where|whose|including|such as) [^,;]+,",
    ):
        shorter = re.sub(pattern, "", sentence, count=1)
        if shorter != sentence and len(shorter.split()) >= 6:
            return shorter
    return None


def pronoun(sentence: str) -> str | None:
    """A pronoun for the name that it begins with."""
    match = re.match(
        r"(?:The )?[A-Z][a-z]+(?: (?:of )?[A-Z][a-z]+)*(?= (?:was|is|has|had|will|would|could|can)\b)", sentence
    )
    return f"It{sentence[match.end() :]}" if match else None


def reordered(sentence: str) -> str | None:
    """What it begins with at the end, or the other way round."""
    match = re.match(r"((?:In|On|At|During|After|Before|Since|By) [^,]{3,50}), ([^,;]+)\.$", sentence)
    if match:
        return f"{_upper(match.group(2))} {match.group(1)[0].lower()}{match.group(1)[1:]}."
    match = re.match(
        r"([^,;]{15,}?) ((?:because|although|when|after|before|while|since|in (?:1|20)\d+) ?[^,;]*)\.$", sentence
    )
    return f"{_upper(match.group(2))}, {_lower(match.group(1))}." if match else None


def passive(sentence: str) -> str | None:
    """The other voice, where a simple pattern makes it."""
    match = re.match(
        r"((?:[A-Z]\w+ ?|the ?|The ?){1,4}) (?:was|were) (\w+ed) by ((?:the )?(?:[A-Z]\w+ ?){1,4})(?=[ .,])([^,]*)\.$",
        sentence,
    )
    if match:
        return f"{_upper(match.group(3).strip())} {match.group(2)} {_lower(match.group(1))}{match.group(4)}."
    match = re.match(
        r"((?:The )?(?:[A-Z]\w+ ){1,4})(\w{3,}ed) "
        r"((?:the |a |an )(?:[a-z]+ )?[a-z]+|(?:[A-Z]\w+ ?){1,4})(?=[ .])([^,]*)\.$",
        sentence,
    )
    if match and not match.group(1).startswith(("It ", "He ", "She ", "They ", "This ")):
        doer, deed, done, rest = (part.strip() for part in match.groups())
        return f"{_upper(done)} was {deed} by {_lower(doer)}{' ' if rest else ''}{rest}."
    return None


def numbers_written(sentence: str) -> str | None:
    """Numbers and dates written in another way."""
    month = re.sub(rf"\b({_MONTHS}) (\d{{1,2}}),? (\d{{4}})\b", r"\2 \1 \3", sentence, count=1)
    if month != sentence:
        return month
    day = re.sub(rf"\b(\d{{1,2}}) ({_MONTHS}) (\d{{4}})\b", r"\2 \1, \3", sentence, count=1)
    if day != sentence:
        return day
    match = re.search(rf"\b(\d{{1,3}}) ({'|'.join(_LARGE)})\b", sentence)
    if match:
        whole = f"{int(match.group(1)) * 10 ** _LARGE[match.group(2)]:,}"
        return sentence[: match.start()] + whole + sentence[match.end() :]
    for pattern, other in (
        (r"(\d) ?%", r"\1 percent"),
        (r"(\d) (?:percent|per cent)\b", r"\1%"),
        (r"\b(\d+),(\d{3})\b(?!,)", r"\1\2"),
    ):
        changed = re.sub(pattern, other, sentence, count=1)
        if changed != sentence:
            return changed
    match = re.search(rf"\b(?:{'|'.join(_SMALL)})\b", sentence)
    if match:
        return f"{sentence[: match.start()]}{_SMALL[match.group()]}{sentence[match.end() :]}"
    words = {str(value): word for word, value in _SMALL.items()}
    match = re.search(r"(?<= )(?:[2-9]|1[0-2])(?= [a-z]{3,})", sentence)
    return sentence[: match.start()] + words[match.group()] + sentence[match.end() :] if match else None


def contracted(sentence: str) -> str | None:
    """ "Not" as "n't", or the other way round."""
    changed = _CONTRACTED.sub(r"\1n't", sentence, count=1)
    if changed == sentence:
        changed = re.sub(
            r"\b(is|are|was|were|did|does|do|has|have|had|would|could|should)n[’']t\b", r"\1 not", sentence
        )
    return changed if changed != sentence else None


def introduced(sentence: str) -> str | None:
    """With a word in front that models like."""
    return f"According to the article, {_lower(sentence)}"


REPHRASINGS = {
    "clause dropped": clause_dropped,
    "pronoun for a name": pronoun,
    "reordered": reordered,
    "other voice": passive,
    "number written otherwise": numbers_written,
    "contracted": contracted,
    "introduced": introduced,
}
