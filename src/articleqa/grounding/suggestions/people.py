"""Persons in a sentence: who they are said to be, and what they speak about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from articleqa.grounding.suggestions.statements import Made, words
from articleqa.grounding.suggestions.verbs import FINITE

# What a person may be called, as a common noun.
PERSONS = frozenset(
    """
    activist actor actress adviser advisor agent ambassador analyst anthropologist archaeologist archbishop
    architect artist astronaut astronomer athlete attorney author baker banker biochemist biologist bishop boss
    botanist brewer broadcaster businessman businesswoman campaigner captain cardinal carpenter chair chairman
    chairperson chairwoman chancellor chemist chief coach co-author co-founder co-owner columnist comedian
    commander commissioner composer conductor congressman congresswoman conservationist coordinator councillor
    criminologist critic curator dean deputy designer detective dictator diplomat director doctor dramatist
    economist editor emperor empress engineer entrepreneur epidemiologist executive expert explorer farmer fellow
    filmmaker fisherman footballer founder gardener general geographer geologist governor guitarist head
    headmaster headmistress headteacher historian hydrologist illustrator inspector inventor investigator investor
    journalist judge keeper king lawmaker lawyer leader lecturer legislator librarian linguist magistrate manager
    mathematician mayor mechanic merchant meteorologist midwife minister missionary monk musician naturalist
    neuroscientist novelist nun nurse officer official organiser organizer owner painter paleontologist pastor
    pathologist philanthropist philosopher photographer physician physicist pianist pilot playwright poet
    politician pope premier president priest prince princess principal producer professor programmer prosecutor
    psychiatrist psychologist publisher queen ranger rapper representative researcher scholar scientist sculptor
    secretary senator sheriff singer skipper sociologist soldier songwriter spokesman spokesperson spokeswoman
    statesman student superintendent surgeon teacher technician theologian trader treasurer trustee veteran
    violinist virologist volunteer warden winemaker writer zoologist
    """.split()
)
# What a company may be as well.
_COMPANIES = frozenset("owner co-owner publisher trader agent".split())
_TITLES = frozenset(
    """
    Mr Mrs Ms Dr Prof Duke Duchess Count Countess Earl Baron Sir Dame Lord Lady President Minister Mayor Professor
    Senator Sen Governor Gov Judge Justice Captain General Colonel Sergeant Lieutenant Chancellor Secretary
    Chairman Chairwoman Director Chief Doctor Bishop Archbishop Cardinal Pope King Queen Prince Princess Emperor
    Premier Representative Rep Congressman Congresswoman Ambassador Father Sister Brother Saint Inspector
    Detective Councillor Officer Coach Manager Commissioner Attorney Leader Spokesman Spokeswoman Spokesperson CEO
    Editor MP
    """.split()
)
_NO_PERSON = frozenset(
    """
    University Institute Club Council Street City Party Bank Company Ministry College School Hospital Museum
    Church River Lake Mountain Mount Island Islands Bay County State States Republic Kingdom Union Group Agency
    Association Society Foundation Center Centre Court House Hall Park Road Bridge Station Airport Act Treaty War
    Battle Festival Award Prize Cup League Series Games Times Post News Journal Press Inc Corporation Corp Ltd
    Department Office Committee Commission Monday Tuesday Wednesday Thursday Friday Saturday Sunday January
    February March April May June July August September October November December North South East West New The
    Los San Santa Saint St Fort Port Great Super World International National Royal Army Navy Force Forces Theatre
    Theater Library Building Tower Palace Castle Square Valley Beach Coast Program Programme Project Plan System
    Service Services Board Team Research Studies Science Sciences Arts Technology Studios Records Pictures
    Entertainment Television Radio Network Media Magazine Review Daily If For In On At And But As When While After
    Before Since Although Because With From By American British English French German Italian Spanish Russian
    Chinese Japanese Ministers Presidents Senators Judges Officers
    """.split()
)
_PART = r"(?:[A-ZÀ-Þ][a-zß-ÿ]+(?:['’-][A-ZÀ-Þ]?[a-zß-ÿ]+)*|(?:Mc|Mac|O['’]|D['’])[A-Z][a-z]+|[A-Z]\.)"
_FULL_NAME = rf"(?P<name>{_PART}(?: (?:(?:de|van|von|der|den|bin|al|el|la|du|di|da) )*{_PART}){{1,5}})"
_ANY_NAME = re.compile(rf"(?<![\w’'-]){_FULL_NAME}(?![\w-])")
_APPOSITION = re.compile(rf"(?<![\w’'-]){_FULL_NAME}, (?P<told>[^,;:]{{4,120}}?)(?:, |[.;:] ?|$)")
_TITLED = re.compile(rf"\b(?P<role>[a-z-]+),? {_FULL_NAME}(?![\w-])")
_DOES = re.compile(
    r"who (?:(?:has|have|had) )?(?:leads?|led|heads?|headed|runs?|ran|founded|co-founded|owns?|owned|chairs?|chaired|"
    r"organi[sz]e[sd]|directs?|directed|manages?|managed|teaches|taught|studies|studied|wrote|works?|worked|serves|"
    r"served|represents?|represented|edits|edited|commands|commanded|invented|designed|built|became|"
    r"(?:is|was) (?:an?|the)) "
)
_DESCRIBES = frozenset("a an the one his her its their former".split())
# Whoever did something before this year is spoken of in the past.
_LONG_AGO = 1950
# In a text of more sentences, who is named once is named in passing.
_LONG = 30


@dataclass(frozen=True, slots=True)
class People:
    """The persons of one article.

    ``sentences`` is how many it has; ``mentions`` counts surnames; ``full_names`` leads from a surname to the only full
    name that has it; ``past`` says that the article is about long ago.
    """

    sentences: int
    mentions: dict[str, int]
    full_names: dict[str, str]
    past: bool

    @classmethod
    def of(cls, sentences: Sequence[str]) -> People:
        """The persons that ``sentences`` name."""
        mentions: dict[str, int] = {}
        names: dict[str, set[str]] = {}
        years: list[int] = []
        for sentence in sentences:
            for word in words(sentence):
                if word[0].isupper():
                    surname = re.sub(r"['’]s?$", "", word)
                    mentions[surname] = mentions.get(surname, 0) + 1
            for match in _ANY_NAME.finditer(sentence):
                name = person(match.group("name"))
                if name and _acts_as_person(sentence, match):
                    names.setdefault(name.split()[-1], set()).add(name)
            years += [int(year) for year in re.findall(r"\b(?:1\d{3}|20\d\d)\b", sentence)]
        years.sort()
        return cls(
            len(sentences),
            mentions,
            {surname: next(iter(full)) for surname, full in names.items() if len(full) == 1},
            len(years) > 2 and years[len(years) // 2] < _LONG_AGO,
        )


_ACTS = re.compile(
    r"(?:,? (?:ha[sd] )?(?:insisted|warned|says?|said|told|tells|wants?|wanted|plans|believes?|expects?|argues?|argued|"
    r"thinks?|thought|hopes?|added|resigned|was born|died|married|graduated)\b|, who\b|, \d\d,)"
)
_ROLE_BEFORE = re.compile(r"\b(?P<role>[A-Za-z-]+),? $")


def _acts_as_person(sentence: str, match: re.Match[str]) -> bool:
    """Whether what stands around a name, or a title in front of it, says that it is a person's."""
    before = _ROLE_BEFORE.search(sentence[max(0, match.start() - 40) : match.start()])
    titled = any(map(_is_title, match.group("name").split()[:-1])) or bool(before and _is_title(before.group("role")))
    told = re.match(r", (?P<told>[^,;:]{4,120})", sentence[match.end() : match.end() + 140])
    return titled or bool(told and _is_role(told.group("told"))) or bool(_ACTS.match(sentence, match.end()))


def _is_title(word: str) -> bool:
    return word.rstrip(".") in _TITLES or word.lower() in PERSONS - _COMPANIES


def person(name: str) -> str:
    """A person's name without titles; nothing where it is more likely something else's."""
    parts = re.sub(r"['’]s?$", "", name).split()
    titles = [at for at, part in enumerate(parts[:-1]) if _is_title(part)]
    parts = parts[titles[-1] + 1 :] if titles else parts
    bare = [part.rstrip(".") for part in parts]
    if bare and bare[-1] in _TITLES - {"King", "Pope", "Prince", "Bishop"}:
        return ""
    if not 2 <= len(parts) <= 4 or set(bare) & _NO_PERSON or len(bare[-1]) < 2 or len(set(bare)) < len(bare):
        return ""
    return " ".join(parts)


def who_is(sentence: str, people: People) -> Made:
    """Questions about the persons that ``sentence`` introduces."""
    for match in _APPOSITION.finditer(sentence):
        told = match.group("told")
        if _DOES.match(told) or _is_role(told):
            yield from _asked_about(match.group("name"), sentence, people, 0.95)
    for match in _TITLED.finditer(sentence):
        if match.group("role") in PERSONS - _COMPANIES:
            yield from _asked_about(match.group("name"), sentence, people, 0.8)


def _is_role(told: str) -> bool:
    lead = words(told)[:9]
    until = next((at for at, word in enumerate(lead) if word in FINITE or word in ("who", "and", "with")), len(lead))
    if not lead or not lead[0][0].islower():
        return False
    described = lead[0] in _DESCRIBES
    roles = [at for at, word in enumerate(lead[:until]) if (word.lower() if described else word) in PERSONS]
    return bool(roles) and (described or roles[0] <= 2)


def _asked_about(name: str, sentence: str, people: People, worth: float) -> Made:
    name = person(name)
    if not name:
        return
    years = [int(year) for year in re.findall(r"\b1\d{3}\b", sentence)]
    past = people.past or bool(years and min(years) < _LONG_AGO)
    mentions = people.mentions.get(name.split()[-1], 0)
    if mentions < 2 and people.sentences > _LONG:
        return  # named in passing
    worth += -0.25 if mentions < 2 else 0.1 if mentions > 3 else 0.0
    yield f"Who {'was' if past else 'is'} {name}", worth


_SPEAKS = re.compile(
    rf"(?:^|[,”\"] )(?P<name>{_PART}(?: {_PART}){{0,3}})(?:, [^,]{{3,80}},)? (?P<verb>says|said|believes|believed|"
    rf"argues|argued|warns|warned|tells|told)\b|"
    rf"[,”\"] (?P<verb2>says|said) (?P<name2>{_PART}(?: {_PART}){{0,3}})(?=[,.])"
)


def says_about(sentence: str, people: People, title: str) -> Made:
    """What a person says about something that the title names."""
    for match in _SPEAKS.finditer(sentence):
        spoken = match.group("name") or match.group("name2")
        verb = match.group("verb") or match.group("verb2")
        surname = spoken.split()[-1]
        name = person(spoken) or people.full_names.get(surname, "")
        if not name or (len(spoken.split()) == 1 and not name.endswith(f" {spoken}")):
            continue
        told = sentence[: match.start()] + sentence[match.end() :]
        topic = _shared_topic(told, title, name)
        if topic:
            do = "does" if verb.endswith("s") else "did"
            yield f"What {do} {name} say about {topic}", 0.7


def _shared_topic(told: str, title: str, name: str) -> str:
    """The longest stretch of words that ``told`` and ``title`` share and that can be spoken about."""
    spoken, named = words(told), words(title)
    best: list[str] = []
    for begin in range(1, len(spoken)):  # how the first word is written says nothing
        for at in range(len(named)):
            shared = list(takewhile(lambda pair: pair[0] == pair[1], zip(spoken[begin:], named[at:], strict=False)))
            for length in range(len(shared), len(best), -1):
                if _can_be_spoken_about(spoken[begin : begin + length], name):
                    best = spoken[begin : begin + length]
                    break
    return " ".join(best)


def _can_be_spoken_about(stretch: Sequence[str], name: str) -> bool:
    if any(word in name.split() or word.lower() in _PLAIN for word in stretch):
        return False
    proper = all(word[0].isupper() and len(word) > 2 for word in stretch)
    return proper or (len(stretch) > 1 and all(word.islower() for word in stretch) and stretch[-1].endswith("s"))


_PLAIN = frozenset(
    """
    a an the of in on at for from to by with and or but as is are was were be been will would can could has have
    had do does did not no its his her their our my your it he she they we you i this that what who how why when
    where which says said after before over about into new more most than up out
    """.split()
)
