"""What numbers say, however they are written: in digits or words, with separators, magnitudes and units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_UNITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_GERMAN = "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split()
_FRENCH = "un deux trois quatre cinq six sept huit neuf dix onze douze".split()
_SPANISH = "uno dos tres cuatro cinco seis siete ocho nueve diez _ doce".split()
_SMALL = {
    **{word: float(value) for value, word in enumerate(_UNITS + _TEENS)},
    **{word: 10.0 * value for value, word in enumerate(_TENS, start=2)},
    **{word: float(value) for value, word in enumerate(_ORDINALS, start=1)},
    **{word: float(value) for words in (_GERMAN, _SPANISH) for value, word in enumerate(words, start=1)},
    **{word: float(value) for value, word in enumerate(_FRENCH, start=1) if word not in ("un", "six")},
    "thirteenth": 13.0,
    "fifteenth": 15.0,
    "twentieth": 20.0,
    "thirtieth": 30.0,
    "fiftieth": 50.0,
    "zwanzig": 20.0,
    "vingt": 20.0,
    "veinte": 20.0,
    "dreißig": 30.0,
    "trente": 30.0,
    "treinta": 30.0,
    "cinquante": 50.0,
    "fünfzig": 50.0,
    "cincuenta": 50.0,
    **{f"{word}th": float(value) for value, word in enumerate(_TEENS, start=10) if word != "twelve"},
}
_LARGE = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
    "hundert": 1e2,
    "tausend": 1e3,
    "millionen": 1e6,
    "milliarde": 1e9,
    "milliarden": 1e9,
    "mio": 1e6,
    "mrd": 1e9,
    "mille": 1e3,
    "millier": 1e3,
    "milliers": 1e3,
    "milliard": 1e9,
    "milliards": 1e9,
    "mil": 1e3,
    "millón": 1e6,
    "millones": 1e6,
    "bn": 1e9,
    "mn": 1e6,
    "m": 1e6,
    "k": 1e3,
    "b": 1e9,
    "tn": 1e12,
    "lakh": 1e5,
    "crore": 1e7,
}
_PLURAL = frozenset("hundreds thousands millions billions trillions dozens".split())
# Half and a quarter are numbers of their own: what they are a part of stands elsewhere.
_SHARES = frozenset("half quarter quarters twice thrice double triple hälfte moitié mitad".split())
_UNIT_NAMES = {
    name: unit
    for unit, names in {
        "%": "% percent per-cent pct prozent pourcent",
        "$": "$ us$ usd dollar dollars",
        "€": "€ eur euro euros",
        "£": "£ gbp pound pounds",
        "¥": "¥ yen yuan",
        "crown": "crown crowns",
        "km": "km kilometre kilometres kilometer kilometers kilomètres kilómetros kilometern",
        "mile": "mi mile miles",
        "metre": "metre metres meter meters metros mètres metern",
        "foot": "ft foot feet",
        "inch": "inch inches",
        "cm": "cm centimetre centimetres centimeters centimeter",
        "mm": "mm millimetre millimetres millimeters millimeter",
        "kg": "kg kilogram kilograms kilo kilos kilogramm",
        "mg": "mg milligram milligrams",
        "ton": "ton tons tonne tonnes tonnen toneladas",
        "litre": "litre litres liter liters",
        "gallon": "gallon gallons",
        "barrel": "barrel barrels",
        "acre": "acre acres",
        "hectare": "ha hectare hectares",
        "second": "seconds sec secs",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs stunden heures horas",
        "day": "day days tage tagen jours días",
        "week": "week weeks wochen semaines semanas",
        "month": "month months monate monaten mois meses",
        "year": "year years yr yrs jahre jahren ans années años",
        "decade": "decade decades",
        "century": "century centuries",
        "degree": "° degrees degree",
        "mw": "mw megawatt megawatts",
        "gw": "gw gigawatt gigawatts",
    }.items()
    for name in names.split()
}
_MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        """
        january jan januar janvier enero;february feb februar février febrero;march mar märz mars marzo;
        april apr avril abril;may mai mayo;june jun juni juin junio;july jul juli juillet julio;
        august aug août agosto;september sep sept septembre septiembre;october oct okt oktober octobre octubre;
        november nov novembre noviembre;december dec dez dezember décembre diciembre
        """.split(";"),
        start=1,
    )
    for name in names.split()
}
# Words as well as months: only beside a number, or with a capital after "in" and the like.
UNSURE_MONTHS = frozenset("may march mar mars august mai sep dec jan jun jul oct nov apr feb dez".split())
_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_EUROPEAN = re.compile(r"[1-9]\d{0,2}(?:[. \u00a0\u202f’']\d{3})+(?:,\d+)?")
_YEAR = re.compile(r"1[0-9]\d\d|20\d\d")

Value = float | str


@lru_cache(maxsize=4096)
def values_of(digits: str) -> frozenset[Value]:
    """What digits with separators may stand for: "1.200" is 1200 or 1.2, "9,4" is 9.4; "12:30" is only itself."""
    if _ENGLISH.fullmatch(digits):
        return frozenset((float(digits.replace(",", "")),))
    if _EUROPEAN.fullmatch(digits):
        whole = float(re.sub(r"[^\d,]", "", digits).replace(",", "."))
        return frozenset((whole, float(digits))) if re.fullmatch(r"\d+\.\d+", digits) else frozenset((whole,))
    if re.fullmatch(r"\d+(?:[.,]\d+)?", digits):
        return frozenset((float(digits.replace(",", ".")),))
    return frozenset((digits,))


def spelled(words: Sequence[str]) -> tuple[float, int] | None:
    """The number that ``words`` (lower case) begin with, and how many of them it takes; None without one."""
    total = current = 0.0
    taken = 0
    last = 1e15
    for place, word in enumerate(words):
        if word in _SMALL:
            value = _SMALL[word]
            if taken and not (value < last and (current % 100 == 0 or (current % 10 == 0 and 0 < value < 10))):
                break
            current += value
            last = 100.0 if current % 100 == 0 else (10.0 if current % 10 == 0 and value >= 20 else 0.0)
        elif (
            word in _LARGE
            and len(word) > 3
            and (taken or word in ("hundred", "thousand", "million", "billion", "dozen"))
        ):
            scale = _LARGE[word]
            if scale == 100.0:
                current = (current or 1.0) * scale
                last = 100.0
            else:
                total += (current or 1.0) * scale
                current, last = 0.0, 1000.0
        elif (
            word == "and"
            and taken
            and place + 1 < len(words)
            and words[place + 1] in _SMALL
            and words[place - 1] in _LARGE
        ):
            continue
        else:
            break
        taken = place + 1
    return (total + current, taken) if taken else None


def magnitude(word: str) -> float | None:
    """What a word after digits multiplies them by; None where it does not."""
    return _LARGE.get(word)


def vague(word: str) -> bool:
    """Whether ``word`` is a number that no other is equal to: "millions", "half"."""
    return word in _PLURAL or word in _SHARES


def unit_of(word: str) -> str | None:
    """The unit that a word or sign names; spellings of one unit are one."""
    return _UNIT_NAMES.get(word)


def month_of(word: str) -> int | None:
    """1..12 where the word (lower case, without a full stop) names a month."""
    return _MONTH_NAMES.get(word)


def is_year(digits: str) -> bool:
    """Whether digits look like a year."""
    return _YEAR.fullmatch(digits) is not None


def is_ordinal(word: str) -> bool:
    """Whether a word is an ordinal number."""
    return word in _ORDINALS


def is_number_word(word: str) -> bool:
    """Whether a word (lower case) is a number or a part of one."""
    return vague(word) or any(part in _SMALL or (part in _LARGE and len(part) > 4) for part in word.split("-"))
