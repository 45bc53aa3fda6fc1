"""Questions about what something is, from the statement that says so."""

from __future__ import annotations

import re

from articleqa.grounding.suggestions.people import PERSONS
from articleqa.grounding.suggestions.statements import Clause, Kind, Made, turned
from articleqa.grounding.suggestions.verbs import PARTICIPLES

_DEFINED = re.compile(
    r"the (?:[a-z-]+ )?(?:aim|purpose|goal|capital|population|cause|motto|price|length|height|currency|language|task|"
    r"budget|origin|symbol|nickname|objective|mission|unit|formula) of "
)
_NOUN = re.compile(
    r"(?:been )?(?P<article>an?|the) (?P<noun>.+?)(?= (?:of|in|that|which|who|where|with|for|from|to|on|at|by|between|"
    r"among|under|behind|since|located|founded|based|used|made|held|released|written|produced|built|born|known|created|owned|"
    r"designed|developed|set|responsible|consisting|called)\b|[,;:.]|$)"
)
_NOT_TELLING = frozenset(
    """
    example part result reason matter sign problem case way question lot bit copy victim success failure challenge
    one kind sort type form number variety series mixture combination member source step mistake thing only
    subject focus topic place time means method cause factor role figure need pity joke shame shock surprise
    relief blow boost warning favourite favorite few good great big bad very same last next other beloved home
    descendant hub latest name term word
    """.split()
)
_PEOPLES = frozenset("people peoples tribe inhabitants descendants".split())
_PERSON_OR_THING = re.compile(
    r"(?:er|or|ist|ian|ant|(?<!m)ent|man|woman|ess|child|son|brother|sister|wife|star|hero|genius)$"
)
_THINGS = frozenset(
    """
    river tower paper newspaper computer power center theater water server layer border number letter chapter
    order plant restaurant parameter folder filter container reactor motor sensor engine harbor process business
    programme program series film book novel song company city
    """.split()
)
_ORDERED = re.compile(r"(?:[\w-]*(?:est|most)|first|second|third|fourth|fifth|[\w-]+th|best|worst)$")


def what_is(parts: Clause) -> Made:
    """What a thing, or who a person, is said to be."""
    # Whoever has been minister is minister.
    been = parts.auxiliary in ("has", "have") and parts.rest.startswith("been ")
    auxiliary = ("are" if parts.auxiliary == "have" else "is") if been else parts.auxiliary
    if auxiliary not in ("is", "are", "was", "were") or parts.front:
        return
    if parts.kind is Kind.THE and _DEFINED.match(parts.subject):
        if not re.match(r"(?:not|un\w+|disputed|still)\b", parts.rest):
            yield turned("What", parts), 0.85
        return
    noun = _NOUN.match(parts.rest)
    if noun is None:
        if parts.kind is Kind.BARE and auxiliary == "are" and _names_a_kind(parts.rest):
            yield f"What are {parts.subject}", 0.75
        return
    described = noun.group("noun").split()
    head = re.sub(r"\W+$", "", described[-1])
    ordered = parts.kind is not Kind.A and _ORDERED.match(described[0])
    if ordered or len(described) > 9 or re.search(r"\d", described[0]) or {head, described[0]} & _NOT_TELLING:
        return
    own = parts.subject.split()
    human = parts.human or head.lower() in PERSONS or re.match(r"[^,;]{0,70} who ", parts.rest) is not None
    titled = not (PERSONS | _PEOPLES).isdisjoint(word.lower() for word in own)
    if parts.kind is Kind.THE and head in _PEOPLES:
        yield f"Who {auxiliary} {parts.subject}", 0.9
    elif human:
        if parts.kind is Kind.NAME and len(own) > 1:
            yield f"Who {auxiliary} {parts.subject}", 0.9
    elif parts.kind is Kind.NAME:
        person_perhaps = head not in _THINGS and (titled or _PERSON_OR_THING.search(head))
        only_once = auxiliary == "was" and noun.group("article") == "the"
        if not person_perhaps and not only_once and not been:
            yield f"What {auxiliary} {parts.subject}", 0.8
    elif parts.kind is Kind.THE:
        if any(word[0].isupper() for word in own[1:]) and not titled:
            yield f"What {auxiliary} {parts.subject}", 0.75
    elif auxiliary in ("is", "are") and len(own) <= 4:
        yield f"What {auxiliary} {parts.subject}", 0.75


def _names_a_kind(rest: str) -> bool:
    """Whether what follows "are" is a noun: "external combustion engines, where …"."""
    kind = re.match(r"(?P<kind>(?:[a-z-]+ ){0,3}[a-z-]+s)(?=$|[,;] | (?:that|which|where|used|of|in|with|for)\b)", rest)
    if kind is None:
        return False
    first = kind.group("kind").split()[0]
    return first not in PARTICIPLES and not first.endswith(("ly", "ing", "ed")) and first not in ("as", "not", "always")
