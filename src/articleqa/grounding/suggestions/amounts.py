"""Questions about amounts: how much, how many, how long, how large."""

from __future__ import annotations

import re
from collections.abc import Callable

from articleqa.grounding.suggestions.statements import Clause, Kind, Made, is_plain, turned
from articleqa.grounding.suggestions.verbs import FINITE, PARTICIPLES, PLAIN, is_base

_SOME = "(?:about|around|nearly|almost|more than|over|some|up to|only|at least|roughly|approximately|exactly|another)"
_WRITTEN = (
    "(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|"
    "eighty|ninety)"
)
_NUMBER = (
    rf"(?:{_SOME} )?(?:\d[\d,]*(?:\.\d+)?(?: (?:million|billion|thousand))?|"
    rf"{_WRITTEN}(?: (?:hundred|thousand|million|billion))?)"
)
_MONEY = (
    rf"(?:{_SOME} )?(?:[$€£¥]\s?\d[\d.,]*(?: ?(?:thousand|million|billion|trillion|m|bn|tn))?|"
    r"\d[\d.,]*(?: (?:thousand|million|billion|trillion))? (?:crowns|dollars|euros|pounds|yen|francs|rubles|roubles|"
    r"rupees|pesos|yuan|lira|kronor|kroner|cents)\b)"
)
_END = (
    r"(?=$|[,;:] | [-–—] | (?:this|last|every|each|a (?:day|week|month|year)|per|in|on|at|for|with|from|to|and|who|"
    r"which|that|worldwide|around|across|throughout|over|since|during|before|after|when|because)\b)"
)
_LENGTH = r"(?:years|months|weeks|days|hours|minutes|seconds)"
_UNITS = frozenset(
    """
    percent crowns dollars euros pounds yen francs rubles rupees cents years months weeks days hours minutes
    seconds times metres meters kilometres kilometers miles feet inches tonnes tons degrees points places votes
    decades centuries kilograms litres liters acres hectares as was is its others ones less more this goals
    """.split()
)


_SIZE = re.compile(
    rf"(?:{_SOME} )?(?:\d[\d.,]*|[a-z]+(?:-[a-z]+)?) (?:years|days|hours|minutes|weeks|months|pages|words|metres|"
    r"meters|kilometres|kilometers|km|miles|feet|inches|centimetres|centimeters|millimetres|millimeters|yards|storeys|"
    r"stories) (?P<size>long|high|tall|wide|deep|old|thick)\b"
)
_MEASURE = re.compile(
    r"an? (?:estimated |total |maximum )?(?P<measure>population|length|height|area|budget|capacity|depth|diameter|"
    rf"weight|circulation) of (?:{_SOME} )?[\d$€£]"
)


def _how_large(parts: Clause) -> Made:
    if parts.kind in (Kind.A, Kind.BARE):
        return
    size = _SIZE.match(parts.rest)
    if size is not None and parts.auxiliary in ("is", "are", "was", "were"):
        yield turned(f"How {size.group('size')}", parts), 0.95
    measure = _MEASURE.match(parts.rest)
    if parts.verb == "have" and measure is not None:
        be = "was" if parts.auxiliary == "did" else "is"
        yield f"What {be} the {measure.group('measure')} of {parts.subject}", 0.9


_PERCENT = r"\d[\d.,]*(?:%| percent\b| per cent\b)"
_SHARE = re.compile(
    rf"an? (?:{_SOME} )?{_PERCENT} (?P<share>share|stake) (?P<of>(?:of|in) [^,;.]{{3,50}}?)(?=$|[,;.] | and )"
)
_CHANGE = re.compile(
    rf"(?P<what>(?:[\w'’-]+ ){{0,6}}?)by (?:{_SOME} )?"
    r"(?:\d[\d.,]*|an? (?:quarter|third|fifth|tenth|half)|half|[a-z]+) ?"
    r"(?:percent|per cent|%|$|(?=[,.;]| (?:in|since|over|to|from|after|within|this|last|next)\b))"
)
_CHANGING = frozenset(
    """
    rise fall grow increase raise cut reduce lower drop shrink climb decline improve expand jump soar slump plunge
    """.split()
)
_PAYING = frozenset("pay spend raise invest donate earn receive borrow lose".split())


def _how_much(parts: Clause) -> Made:
    if parts.kind is Kind.A:
        return
    first, _, after = parts.rest.partition(" ")
    # What stands behind an auxiliary stays as it is: "has risen", "will cost".
    future = parts.auxiliary in ("will", "would", "should", "could")
    done = parts.auxiliary in ("has", "have") and first in PARTICIPLES
    verb, told = (first, after) if future else (PARTICIPLES[first].base, after) if done else (parts.verb, parts.rest)
    said = first if future or done else ""
    if verb == "cost" and re.match(_MONEY, told):
        yield turned("How much", parts, said), 1.0
    paid = re.match(rf"{_MONEY} (?P<why>(?:for|on|in|to) [^,;.]{{3,50}})(?=$|[,;.])", told)
    why = paid.group("why") if paid is not None else ""
    if verb in _PAYING and why and is_plain(why, after_verb=True) and not re.search(r"\d", why):
        yield turned("How much", parts, f"{said} {why}"), 0.95
    share = _SHARE.match(told)
    if verb in ("have", "hold", "own", "buy") and share is not None and is_plain(share.group("of"), after_verb=True):
        yield turned(f"What {share.group('share')} {share.group('of')}", parts, said), 0.9
    if verb in _CHANGING and re.match(rf"(?:{_SOME} )?{_PERCENT}", told):
        yield turned("By how much", parts, said), 0.9
    change = _CHANGE.match(told)
    if verb in _CHANGING and change is not None and is_plain(change.group("what"), after_verb=True):
        yield turned("By how much", parts, f"{said} {change.group('what')}"), 0.95


_COUNT = re.compile(
    rf"{_NUMBER} (?P<things>(?:[a-z-]+ )??[a-z-]+s|people|men|women|children)"
    rf"(?P<of> of [a-z]+)?(?P<more> worldwide)?{_END}"
)


def _how_many(parts: Clause) -> Made:
    first, _, after = parts.rest.partition(" ")
    be = parts.auxiliary in ("is", "are", "was", "were")
    done = first if not parts.verb and (first == "facing" if be else is_base(first) or first in PARTICIPLES) else ""
    count = _COUNT.match(after if done else parts.rest)
    if count is None or not (parts.verb or done) or parts.kind in (Kind.A, Kind.BARE) or parts.front:
        return
    of, worldwide = count.group("of") or "", count.group("more") or ""
    measured = set(count.group("things").split()) & _UNITS
    if (of or not measured) and parts.verb not in ("say", "last", "take", "rise", "fall", "cost", "pay", "consider"):
        yield turned(f"How many {count.group('things')}{of}", parts, done + worldwide), 0.8


def _how_long(parts: Clause) -> Made:
    if parts.kind in (Kind.A, Kind.BARE):
        return
    lasting = re.match(rf"{_NUMBER} {_LENGTH}(?P<more> to [a-z]+(?: [\w'’-]+){{0,5}})?(?=$|[,;.])", parts.rest)
    if parts.verb in ("last", "take") and lasting is not None:
        more = lasting.group("more") or ""
        if more or parts.verb == "last" or parts.kind is Kind.THE:
            yield turned("How long", parts, more), 0.9
    kept = re.match(rf"(?P<verb>[a-z]+) (?P<what>(?:[\w'’-]+ ){{0,6}}?)for {_NUMBER} {_LENGTH}\b", parts.rest)
    if parts.auxiliary == "will" and kept is not None and is_base(kept.group("verb")):
        told = f"{kept.group('verb')} {kept.group('what')}".strip()
        if is_plain(told, after_verb=False):
            yield turned("For how long", parts, told), 0.85


_COUNTED_FIRST = re.compile(
    rf"{_NUMBER} (?P<things>(?:[a-z-]+ )??(?:[a-z-]+s|people|men|women|children)) "
    r"(?P<where>(?:in|at|of|from|on) (?:the )?[A-Z]\w+ )?(?P<told>[a-z]+ [^,;:.]{4,60}?)(?:[.,;]| and )"
)
_SHARED_FIRST = re.compile(
    rf"(?:{_SOME} )?(?:a (?:quarter|third|fifth|tenth)|half|two thirds|three quarters|{_PERCENT}) of "
    r"(?P<told>[^,;:.]{8,70}?)(?:[.,;]| and )"
)


def counted_first(sentence: str) -> Made:
    """How many, or what share, there are of what a sentence begins with: "Twelve actors have played the Doctor."."""
    sentence = sentence[0].lower() + sentence[1:]
    share = _SHARED_FIRST.match(sentence)
    if share is not None:
        told = share.group("told").split()
        at = next((at for at, word in enumerate(told) if at and word in FINITE | PLAIN), 0)
        if at and is_plain(" ".join(told[at:]), after_verb=False):
            yield f"What share of {share.group('told')}", 0.85
    found = _COUNTED_FIRST.match(sentence)
    if found is None or set(found.group("things").split()) & _UNITS:
        return
    verb, after = found.group("told").split()[:2]
    if verb in ("is", "are", "was", "were") and after not in PARTICIPLES:
        return
    if verb in FINITE | PLAIN and is_plain(found.group("told"), after_verb=False):
        yield f"How many {found.group('things')} {found.group('where') or ''}{found.group('told')}", 0.85


AMOUNTS: tuple[Callable[[Clause], Made], ...] = (_how_large, _how_much, _how_many, _how_long)
