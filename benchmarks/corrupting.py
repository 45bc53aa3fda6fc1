"""Changes true sentences, so that they are no longer true, or so that they still are."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

MONTHS = tuple(
    "January February March April May June July August September October November December".split()  #
)
_DAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
_SMALL = tuple("two three four five six seven eight nine ten eleven twelve".split())
_LARGE = tuple("thousand million billion trillion".split())
_DIGITS = re.compile(r"(?<![\w.,/-])\d+(?:[.,]\d+)*(?![\w/-])")
_WRITTEN = re.compile(rf"\b(?:{'|'.join(_SMALL)})\b")
_MAGNITUDE = re.compile(rf"\b(?:{'|'.join(_LARGE)})\b")
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b")
_DAY_OF_MONTH = re.compile(rf"(?<=\b)(?:{'|'.join(MONTHS)}) (\d{{1,2}})\b(?!\d)|\b(\d{{1,2}}) (?:{'|'.join(MONTHS)})\b")
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
# A capitalised word that begins a sentence may be none.
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+(?:[-’'][A-Z]?[a-z]+)?(?: (?:of (?:the )?)?[A-Z][a-z]+)*")
_NO_NAMES = frozenset((*MONTHS, *_DAYS, "I", "Mr", "Mrs", "Ms", "Dr", "The"))
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|will|would|can|could|should|must|may|might|has|have|had|does|did|do)\b"
    r"(?= (?!not\b|no\b|never\b|n[’']t)[a-z]+\b)"
)
_PAST = re.compile(r"(?<=[a-z] )(\w+[^e\W])ed (?=(?:the|a|an|his|her|its|their|that|to|in|on|by|from)\b)")
_DROPPED = (
    (re.compile(r"\b(is|are|was|were|will|would|can|could|should|must|may|might|has|have|had) not (?!only)"), r"\1 "),
    (re.compile(r"\b(is|are|was|were|would|could|should|has|have|had)n[’']t "), r"\1 "),
    (re.compile(r"\b(did|does|do) not (?!only)"), r"\1 "),
    (re.compile(r"\b(did|does|do)n[’']t "), r"\1 "),
    (re.compile(r"\bcannot "), "can "),
    (re.compile(r"\bcan[’']t "), "can "),
    (re.compile(r"\bwon[’']t "), "will "),
    (re.compile(r"\bnever "), ""),
    (re.compile(r"\bno longer "), "still "),
    (re.compile(r"\b(is|are|was|were|has|have|had|with|there is|there are) no (?!longer|more|less)"), r"\1 some "),
    (re.compile(r"\bwithout "), "with "),
    (re.compile(r"\bfailed to "), "managed to "),
    (re.compile(r"\brefused to "), "agreed to "),
    (re.compile(r"\bneither (\w+) nor "), r"both \1 and "),
)


def other_number(sentence: str, others: Sequence[str], rng: random.Random) -> str | None:
    """A number changed: for another of the article, by a little, by much, or by its magnitude."""
    places = [*_DIGITS.finditer(sentence), *_WRITTEN.finditer(sentence), *_MAGNITUDE.finditer(sentence)]
    if not places:
        return None
    place = rng.choice(places)
    number = place.group()
    if number in _LARGE:
        return _put(sentence, place, rng.choice([word for word in _LARGE if word != number]))
    if number in _SMALL:
        return _put(sentence, place, rng.choice([word for word in _SMALL if word != number]))
    year = _YEAR.fullmatch(number) is not None
    known = [
        other
        for other in others
        if other != number and (_YEAR.fullmatch(other) is not None) == year and other not in sentence
    ]
    if known and rng.random() < 0.4:
        return _put(sentence, place, rng.choice(known))
    if year:
        return _put(sentence, place, str(int(number) + rng.choice([-10, -3, -1, 1, 2, 10, 100])))
    position = rng.choice([index for index, character in enumerate(number) if character.isdigit()])
    digit = rng.choice([digit for digit in "123456789" if digit != number[position]])
    return _put(sentence, place, number[:position] + digit + number[position + 1 :])


def numbers_of(text: str) -> list[str]:
    """The numbers in digits of a text."""
    return sorted({match.group() for match in _DIGITS.finditer(text)})


def other_date(sentence: str, rng: random.Random) -> str | None:
    """Another day, month, year or day of the week in a date."""
    places = [
        (match, 0, MONTHS)
        for match in _MONTH.finditer(sentence)
        if match.group() != "May" or re.search(r"\bin May\b|\bMay \d|\d May\b", sentence)
    ]
    places += [(match, 0, _DAYS) for match in _WEEKDAY.finditer(sentence)]
    days = tuple(map(str, range(1, 29)))
    places += [(match, 1 if match.group(1) else 2, days) for match in _DAY_OF_MONTH.finditer(sentence)]
    if not places:
        return None
    places += [
        (match, 0, tuple(str(int(match.group()) + by) for by in (-2, -1, 1, 2, 10)))
        for match in _YEAR.finditer(sentence)
    ]
    place, group, others = rng.choice(places)
    return sentence[: place.start(group)] + _another(others, place.group(group), rng) + sentence[place.end(group) :]


def other_name(sentence: str, names: Sequence[str], rng: random.Random) -> str | None:
    """A name for another name of the same article."""
    places = _name_places(sentence)
    if not places:
        return None
    place = rng.choice(places)
    words = set(re.findall(r"\w+", sentence))
    others = [name for name in names if not words & set(re.findall(r"[A-Z]\w+", name))]
    return _put(sentence, place, rng.choice(others)) if others else None


def swapped_names(sentence: str, rng: random.Random) -> str | None:
    """Two names of the sentence in each other's place, where that is more than another order of a list."""
    places = _name_places(sentence)
    pairs = [
        (one, other)
        for number, one in enumerate(places)
        for other in places[number + 1 :]
        if re.search(r"[a-z]{3}", re.sub(r"[A-Z]\w+|\b(?:and|or|both)\b", "", sentence[one.end() : other.start()]))
        and not re.search(r"\b(?:between|both|either|neither|near)\b", sentence[: one.start()][-20:])
        and not set(one.group().split()) & set(other.group().split())
    ]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    return (
        sentence[: one.start()]
        + other.group()
        + sentence[one.end() : other.start()]
        + one.group()
        + sentence[other.end() :]
    )


def names_of(text: str) -> list[str]:
    """The names of a text: what is capitalised within its sentences."""
    return sorted({match.group() for match in _NAME.finditer(text)} - _NO_NAMES)


def negated(sentence: str, rng: random.Random) -> str | None:
    """A negation added to a verb."""
    places: list[tuple[re.Match[str], str]] = []
    for place in _AUXILIARY.finditer(sentence):
        verb = place.group()
        forms = [f"{verb} not", f"{verb} never"]
        if verb in ("is", "are", "was", "were", "has", "have"):
            forms.append(f"{verb} no longer")
        if verb in ("is", "are", "was", "were", "has", "have", "had", "does", "did", "would", "could", "should"):
            forms.append(f"{verb}n't")
        places.append((place, rng.choice(forms)))
    for place in _PAST.finditer(sentence):
        plain = place.group(1)
        if len(plain) > 3 and plain[-1] != plain[-2] and plain[-1] not in "iuvcsz":
            places.append((place, rng.choice([f"did not {plain} ", f"failed to {plain} ", f"never {plain}ed "])))
    if not places:
        return None
    place, form = rng.choice(places)
    return _put(sentence, place, form)


def affirmed(sentence: str, rng: random.Random) -> str | None:
    """A negation dropped."""
    places = [(place, place.expand(form)) for pattern, form in _DROPPED for place in pattern.finditer(sentence)]
    if not places:
        return None
    place, form = rng.choice(places)
    return _put(sentence, place, form)


def opposed(sentence: str, opposites: Mapping[str, Sequence[str]], rng: random.Random) -> str | None:
    """A word's opposite in its place."""
    places = [place for place in re.finditer(r"\b[A-Za-z]+\b", sentence) if place.group() in opposites]
    # "May" the month and "well known" have no opposites; a word in a name has none either.
    places = [
        place
        for place in places
        if not re.match(r" (?:[A-Z]|known\b|as\b)|-", sentence[place.end() :])
        and not re.search(r"(?:[A-Z]\w+ |-)$", sentence[: place.start()])
        and not (place.group() == "left" and re.match(r" (?:the|a|his|her|for|in|to)\b", sentence[place.end() :]))
    ]
    if not places:
        return None
    place = rng.choice(places)
    return _put(sentence, place, rng.choice(opposites[place.group()]))


def _name_places(sentence: str) -> list[re.Match[str]]:
    return [place for place in _NAME.finditer(sentence) if place.group() not in _NO_NAMES]


def _another(words: Sequence[str], but: str, rng: random.Random) -> str:
    return rng.choice([word for word in words if word != but])


def _put(sentence: str, place: re.Match[str], words: str) -> str:
    return sentence[: place.start()] + words + sentence[place.end() :]
