"""A plain statement turned around into the question that it answers, by one pattern after the other."""

from __future__ import annotations

import re
from collections.abc import Callable

from articleqa.grounding.suggestions.defining import what_is
from articleqa.grounding.suggestions.people import person
from articleqa.grounding.suggestions.statements import Clause, Kind, Made, is_plain, turned, words
from articleqa.grounding.suggestions.verbs import FINITE, PARTICIPLES, is_base

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = (
    rf"(?:(?:[A-Z][a-z]+day,? )?(?:\d{{1,2}} (?:{_MONTH})(?: \d{{4}})?|(?:{_MONTH}) \d{{1,2}}(?:, \d{{4}})?|"
    rf"(?:{_MONTH})(?: \d{{4}})?)|(?:1[0-9]|20)\d\d|the (?:early |late |mid-)?(?:1[0-9]|20)\d0s|"
    r"the (?:spring|summer|autumn|winter|fall) of \d{4}|the (?:early |late )?\d{1,2}(?:st|nd|rd|th) century)"
)
_AT = re.compile(
    rf"(?P<between>(?:[\w'’-]+ ){{0,6}}?)(?P<preposition>in|on|for) {_DATE}"
    r"(?=$|[,;] |\.$| (?:and|by|with|as|at|after|when|because|following|under|but|to|from)\b)"
)
_BECAUSE = re.compile(
    r"[,:]? (?:(?:first|only|partly|mainly|largely|simply|mostly|chiefly|primarily|in part|just) )?"
    r"(?:because(?: of)?|due to) "
)


def _why(parts: Clause) -> Made:
    reason = _BECAUSE.search(f" {parts.rest} ")
    if reason is None or parts.kind is Kind.A:
        return
    told = f" {parts.rest} "[: reason.start()].strip()
    vague = re.match(r"(?:made |not )?(?:possible|able|important|so)\b", told)
    if is_plain(told, after_verb=bool(parts.verb)) and len(told.split()) <= 10 and not vague:
        yield turned("Why", parts, told), 1.0


_DATED = frozenset(
    """
    founded written built designed discovered invented established created composed painted introduced published
    recorded launched proposed produced commissioned opened rebuilt sold bought destroyed damaged abolished born
    elected appointed killed signed adopted ratified dissolved closed renamed completed finished held formed
    released issued demolished erected inaugurated replaced restored constructed incorporated merged postponed
    arrested patented premiered awarded unveiled defeated captured invaded crossed enacted repealed planned
    scheduled
    """.split()
)
# Their object alone says too little: "named William Simon", "gave land".
_INCOMPLETE = frozenset(
    """
    have say go get come run tell mean include name give move put make report keep send take leave appoint grant
    treat describe rank cost need increase raise reduce fall rise grow see find hold call set use know feel hear
    think allow enable
    """.split()
)


def _when(parts: Clause) -> Made:
    if parts.kind in (Kind.A, Kind.BARE):
        return
    first, _, after = parts.rest.partition(" ")
    head, tail = "", parts.rest
    passive = parts.auxiliary in ("was", "were", "is", "are") and first in _DATED
    if passive or (parts.auxiliary == "will" and is_base(first)):
        head, tail = first, after
    elif parts.auxiliary == "will" and first == "be" and after.split(" ")[0] in _DATED:
        head, tail = f"be {after.split(' ')[0]}", after.partition(" ")[2]
    elif not parts.verb or parts.verb in _INCOMPLETE:
        return
    if parts.front:
        between = re.split(r"[,;](?=\s)| (?:by|as|but|because|after|when|with|to)\b", f" {tail} ")[0].strip()
    else:
        at = _AT.match(tail)
        if at is None or (at.group("preposition") == "for" and head not in ("planned", "scheduled")):
            return
        between = re.sub(r"\bby .*", "", at.group("between")).strip()
    if len(between.split()) > 7 or not is_plain(between, after_verb=True) or re.search(r"\band\b|\d", between):
        return
    if parts.verb and not _tells_which(parts.verb, between):
        return
    if re.match(r"an? ", between) and not head:
        return
    yield turned("When", parts, f"{head} {between}"), 0.85


_WITHOUT_OBJECT = frozenset(
    """
    open close begin start end die collapse arrive happen occur resign retire expire disappear emerge sink crash
    explode return reopen leave fall appear evolve merge survive
    """.split()
)


def _tells_which(verb: str, between: str) -> bool:
    """Whether a verb with what follows it stands for one event: "publish a paper" could be any of them."""
    if not between or re.match(r"(?:in|at|from|on) ", between):
        return verb in _WITHOUT_OBJECT
    return bool(re.search("[A-Z]", between) or re.match(r"its |the \S+ \S", between))


_PLACED = re.compile(
    r"(?P<how>located|situated|based|headquartered|stored|held|kept|buried|displayed|born|built|found) (?:in|at|near|"
    rf"between|inside|within|(?<=ted )on) (?!\d|the \d|the (?:early|late|mid)|{_MONTH}|turn|order|mind|check|line)"
)
_ANYWHERE = ("located", "situated", "based", "headquartered", "stored", "buried")


def _where(parts: Clause) -> Made:
    place = _PLACED.match(parts.rest)
    if place is not None and parts.auxiliary in ("is", "are", "was", "were") and parts.kind is not Kind.A:
        told = parts.rest[place.end() :]
        if place.group("how") in _ANYWHERE or re.match(r"(?:the )?[A-Z]", told):
            yield turned("Where", parts, place.group("how")), 0.8


_AGENTS = frozenset(
    """
    founded written built designed discovered invented established created composed painted directed developed led
    run owned introduced published recorded launched proposed produced organised organized funded financed
    operated managed commissioned opened rebuilt sold bought destroyed damaged caused triggered won abolished
    """.split()
)


def _by_whom(parts: Clause) -> Made:
    made = re.match(r"(?P<done>[a-z]+) (?:in \d{4} )?by (?P<agent>(?:the |an? )?(?:[a-z-]+ ){0,2}?\S+)", parts.rest)
    if made is None or parts.auxiliary not in ("was", "were") or parts.kind in (Kind.A, Kind.BARE):
        return
    done, agent = made.group("done"), made.group("agent")
    if done not in _AGENTS or agent.endswith("ing") or not agent[0].isalpha():
        return
    past = PARTICIPLES[done].past if done in PARTICIPLES and done != "founded" else done
    if done in ("destroyed", "damaged", "caused", "triggered"):
        yield f"What {past} {parts.subject}", 0.9
    elif agent.split()[-1][0].isupper():
        yield f"Who {past} {parts.subject}", 0.9


# Nobody but a person or a body does these, and of a person anything may be asked.
_DID = frozenset(
    "replaced succeeded founded co-founded designed built invented discovered directed composed won".split()
)
_DOES = _DID | frozenset("wrote painted developed created established opened led heads leads runs owns chairs".split())
_WILL = frozenset("replace succeed lead head direct chair host design build".split())


def _who(parts: Clause) -> Made:
    """The question that the subject is the answer to; nothing has to be turned around."""
    if parts.kind is not Kind.NAME or parts.front or not person(parts.subject):
        return
    verb, _, told = parts.rest.partition(" ") if parts.auxiliary == "will" else (parts.spoken, "", parts.rest)
    what = re.split(r"[,;:](?=\s)| (?:after|when|because|with|before|while|following|and then|but)\b", f"{told} ")[0]
    what = re.sub(r" in \d{4}$", "", what.strip())
    known = verb in _WILL if parts.auxiliary == "will" else verb in (_DOES if parts.human else _DID)
    if known and 1 <= len(what.split()) <= 8 and is_plain(what, after_verb=True) and re.match(r"the |an? |[A-Z]", what):
        yield f"Who {'will ' if parts.auxiliary == 'will' else ''}{verb} {what}", 0.9


_DOING_NOW = frozenset("facing celebrating planning demanding".split())
_DONE = frozenset(
    """
    opened built founded launched announced proposed promised banned unveiled confirmed introduced won bought approved
    rejected discovered ordered offered criticised criticized demanded extended
    """.split()
)
_OBJECT = re.compile(
    r"(?:an?|the(?! \w+est| first| most)|that|its|their|his|her|all|new|\d+|two|three|[A-Z]\S+|plans) "
)


def _what_is_done(parts: Clause) -> Made:
    if parts.front or parts.kind is Kind.A:
        return
    first, _, after = parts.rest.partition(" ")
    whole = not re.search(r"[\"“”]", parts.rest)
    if parts.auxiliary in ("is", "are") and first in _DOING_NOW and whole:
        yield turned("What", parts, first), 0.7
    elif parts.auxiliary in ("has", "have") and whole:
        if first == "been" and re.match("given an? ", after):
            yield turned("What", parts, "been given"), 0.75
        elif first == "called" and after.startswith("for "):
            yield turned("What", parts, "called for"), 0.75
        elif first in _DONE and _OBJECT.match(after):
            yield turned("What", parts, first), 0.65


_WITH = dict(
    pair.split()
    for pair in (
        "apply to|apologise for|apologize for|refer to|lead to|suffer from|result in|focus on|rely on|specialise in|"
        "specialize in|compete with|campaign for|stand for|consist of|depend on"
    ).split("|")
)


def _what_with(parts: Clause) -> Made:
    """What a verb with its preposition is about, as in "applies to all flights"."""
    if parts.front or parts.kind is Kind.A:
        return
    first, _, after = parts.rest.partition(" ")
    verb, told = (first, after) if parts.auxiliary == "will" else (parts.verb, parts.rest)
    word = _WITH.get(verb, "")
    when = re.match(r"(?:(?:last|this|in|on) [\w’']+ )?(?P<word>[a-z]+) ", told)
    if word and when is not None and when.group("word") == word:
        yield turned("What", parts, f"{first} {word}" if told == after else word), 0.8


_ABOUT = (
    ("is", re.compile(r"(?:widely |often |mainly |commonly )?used (?:for|to) "), "used for"),
    ("is", re.compile(r"(?:best |well |widely |mainly )?known for "), "known for"),
    ("is", re.compile(r"made (?:of|from) "), "made of"),
    ("is", re.compile(r"named after "), "named after"),
    ("is", re.compile(r"composed of "), "composed of"),
    ("is", re.compile(r"accused of "), "accused of"),
    ("is", re.compile(r"charged with "), "charged with"),
    ("is", re.compile(r"convicted of "), "convicted of"),
    ("recommend", re.compile(r"(?:an? |the |that )"), ""),
    ("propose", re.compile(r"(?:an? |the |to )"), ""),
    ("require", re.compile(r"(?:an? |the |that )"), ""),
    ("ban", re.compile(r"(?:the |all )"), ""),
)


def _what(parts: Clause) -> Made:
    own = "is" if parts.auxiliary in ("is", "are", "was", "were") else parts.verb
    for verb, follows, asked in _ABOUT:
        named = verb == "recommend" and parts.kind is Kind.NAME  # whoever recommends one thing recommends more
        once = parts.front or (parts.kind is Kind.A and parts.auxiliary != "is")
        if own == verb and follows.match(parts.rest) and not named and not once:
            yield turned("What", parts, asked), 0.8
    if parts.verb == "mean" and re.match(r"(?:[A-Z]|the (?:name|term|word|acronym|phrase) )", parts.subject):
        yield turned("What", parts), 0.8
    plan = re.match(r"to (?P<plan>[a-z]+) ", parts.rest)
    if plan is not None and parts.kind in (Kind.NAME, Kind.THE):
        if parts.verb in ("want", "plan", "intend") and plan.group("plan") in _PLANNED:
            yield turned("What", parts, f"to {plan.group('plan')}"), 0.85
        elif parts.verb in _RESOLVING and parts.auxiliary == "did" and is_base(plan.group("plan")):
            yield turned("What", parts, "to do"), 0.65
    condition = re.match(r"(?P<what>[a-z]+)(?: only)? (?:when|if) ", parts.rest)
    if condition is not None and parts.auxiliary in ("is", "are") and condition.group("what") in PARTICIPLES:
        yield turned("When", parts, condition.group("what")), 0.85
    these = re.match(r"(?P<verb>[a-z]+) (?:these|the following) (?P<things>(?:[a-z]+ )?[a-z]+s): ", parts.rest)
    if these is not None and parts.auxiliary in ("can", "may", "must") and is_base(these.group("verb")):
        yield turned(f"Which {these.group('things')}", parts, these.group("verb")), 0.9


_RESOLVING = frozenset("agree promise refuse decide threaten".split())
_PLANNED = frozenset("build sell introduce buy open change create develop ban close abolish replace reform".split())


def _how(parts: Clause) -> Made:
    way = re.match(r"(?P<done>be [a-z]+|[a-z]+) (?:with (?:the|an?) |by [a-z]+ing )", parts.rest)
    if way is None or parts.kind in (Kind.A, Kind.BARE):
        return
    done = way.group("done")
    able = parts.auxiliary == "can" and done.startswith("be ")
    usual = parts.auxiliary in ("is", "are") and " by " in way.group()
    if (able or usual) and done.removeprefix("be ") in PARTICIPLES:
        yield turned("How", parts, done), 0.85


PATTERNS: tuple[Callable[[Clause], Made], ...] = (
    _why,
    _when,
    _where,
    what_is,
    _by_whom,
    _who,
    _what_is_done,
    _what_with,
    _what,
    _how,
)

# Patterns that read a whole sentence

_CAUSED = re.compile(
    r"(?P<cause>(?:The|An?|[A-Z]\S+) [^,;:]{3,90}?) "
    r"(?P<told>(?:caused|prompted|triggered|sparked|provoked) [^,;:.]{5,70}?)"
    r"(?:[.,;]| (?:after|when|because|before|while|following)\b)"
)


def what_caused(sentence: str) -> Made:
    """The question that the subject of a sentence is the answer to: "What triggered the protests?"."""
    found = _CAUSED.match(sentence)
    if found is not None:
        cause, told = words(found.group("cause").lower()), found.group("told")
        entangled = any(word in FINITE or word in _CLAUSE for word in cause[1:])
        vague = re.match(r"\w+ (?:an?|many|some|several|more) ", told)
        if not entangled and not vague and is_plain(told, after_verb=False):
            yield f"What {told}", 0.9


_CLAUSE = frozenset("that which who by if when not also been being".split())

_HOW_TO = re.compile(r"To (?P<task>[a-z]+ [^,;:.]{3,60}), (?P<first>[a-z]+) ")
_IMPERATIVES = frozenset(
    """
    add adjust apply ask attach bring build call change check choose click close connect copy cut delete download drag
    enter fetch fill find follow go hold install keep leave make mix move name open pay place plug pour press pull
    push put read remove rename repeat replace restart ring run save select send set shut sign start stop switch take
    tap turn type unplug upload use visit wait write you
    """.split()
)
_TASKS = _IMPERATIVES | frozenset("erase print register cancel create rebuild restore get upgrade update".split())


def how_to(sentence: str) -> Made:
    """How to do what a sentence like "To save the file, press …" explains."""
    found = _HOW_TO.match(sentence)
    # "Follow these steps" leaves the steps to another sentence.
    if found is not None and found.group("first") in _IMPERATIVES and not re.search(r"following|below|steps", sentence):
        task = re.sub(r"\byour\b", "my", found.group("task"))
        if is_base(task.split()[0]) or task.split()[0] in _TASKS:
            yield f"How do I {task}", 0.95
