"""The forms of common English verbs, as far as a statement is turned around by them."""

from __future__ import annotations

from dataclasses import dataclass

# The first verb of a sentence that turns around by itself: "is it", "has it".
AUXILIARIES = frozenset("is are was were will would can could may might must should has have had do does did".split())

_REGULAR = """
    abolish accept achieve acquire adapt add admit adopt affect agree aim allow announce apologise apologize appeal
    appear apply appoint approve argue arrive assign attack attend attract avoid award ban believe belong block
    borrow call cancel capture carry cause cease celebrate challenge change charge cite claim clear climb close
    collapse collect combine commission compete complain complete compose concern conduct confirm congratulate
    connect consider consist construct consume contain continue contribute control convert convince copy cover
    crash create criticise criticize cross damage date decide declare decline defeat defend delay deliver demand
    demolish demonstrate deny depend deploy derive describe design destroy develop die differ disappear discover
    dismiss display dissolve divide donate double drop earn edit elect emerge employ enable encourage end endorse
    enjoy ensure enter erase erect escape establish evolve exceed exist expand expect expire explain explode export
    express extend face fail favor favour feature finalise finance fine finish focus follow force forecast found
    fund gain generate govern graduate grant halt handle happen hate head help hesitate highlight hire host ignore
    impose improve inaugurate include incorporate increase indicate inform inherit insist inspire install intend
    introduce invade invent invest invite issue join jump kill lack last launch leak legalise legalize limit locate
    look lower maintain manage march mark marry matter measure mention merge migrate modify move name need nominate
    note notice object obtain occupy occur offer open operate oppose order organise organize overturn own paint pass
    patent persuade pick plan play pledge plunge point postpone praise predict prefer premiere prepare present
    prevent print process produce prohibit project promise promote prompt propose prosecute protect protest prove
    provide provoke publish pull purchase pursue push question quote raise rank ratify reach receive recommend
    record recover reduce reform refuse register regulate reject relate release rely remain remind remove rename
    renew reopen repair repeal replace report represent require rescue resign resist resolve respond restore
    restrict result resume retain retire retreat return reveal reverse review reward rule sack satisfy save scare
    schedule scrap seem seize select separate serve settle share shift shock sign slump soar spark specialise
    specialize stage start stay step stop store strengthen stress struggle study subscribe succeed sue suffer
    suggest support suppress surrender survive suspect suspend switch tackle talk target tend test threaten track
    train transfer travel treat trigger trust try turn uncover unveil upload urge use vary verify visit vote wait
    walk want warn waste watch weaken weigh welcome wish work worry
"""
_IRREGULAR = """
    beat beat beaten| become became become| begin began begun| break broke broken| bring brought brought| build
    built built| buy bought bought| catch caught caught| choose chose chosen| come came come| cost cost cost| cut
    cut cut| deal dealt dealt| draw drew drawn| drink drank drunk| drive drove driven| eat ate eaten| fall fell
    fallen| feel felt felt| fight fought fought| find found found| flee fled fled| fly flew flown| forget forgot
    forgotten| get got got| give gave given| go went gone| grow grew grown| have had had| hear heard heard| hide hid
    hidden| hit hit hit| hold held held| hurt hurt hurt| keep kept kept| know knew known| lay laid laid| lead led
    led| leave left left| lend lent lent| lie lay lain| lose lost lost| make made made| mean meant meant| meet met
    met| overthrow overthrew overthrown| pay paid paid| put put put| quit quit quit| read read read| rebuild rebuilt
    rebuilt| ride rode ridden| rise rose risen| run ran run| say said said| see saw seen| seek sought sought| sell
    sold sold| send sent sent| set set set| shake shook shaken| shoot shot shot| show showed shown| shrink shrank
    shrunk| shut shut shut| sing sang sung| sink sank sunk| sit sat sat| sleep slept slept| speak spoke spoken|
    spend spent spent| split split split| spread spread spread| stand stood stood| steal stole stolen| strike struck
    struck| swim swam swum| take took taken| teach taught taught| tear tore torn| tell told told| think thought
    thought| throw threw thrown| undergo underwent undergone| understand understood understood| wear wore worn| win
    won won| withdraw withdrew withdrawn| write wrote written
"""
_DOUBLED = frozenset("ban stop plan drop scrap admit control prefer refer step permit transfer".split())
_VOWELS = "aeiou"


def _third_person(base: str) -> str:
    if base == "have":
        return "has"
    if base.endswith(("s", "sh", "ch", "x", "z", "o")):
        return base + "es"
    return base[:-1] + "ies" if base.endswith("y") and base[-2] not in _VOWELS else base + "s"


def _regular_past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in _VOWELS:
        return base[:-1] + "ied"
    return base + (base[-1] if base in _DOUBLED else "") + "ed"


@dataclass(frozen=True, slots=True)
class Verb:
    """The forms of one verb."""

    base: str
    third: str
    past: str
    participle: str


def _verbs() -> list[Verb]:
    irregular = [entry.split() for entry in _IRREGULAR.split("|")]
    known = {forms[0] for forms in irregular}
    regular = [(base, _regular_past(base)) for base in _REGULAR.split() if base not in known]
    return [
        *(Verb(base, _third_person(base), past, past) for base, past in regular),
        *(Verb(base, _third_person(base), past, participle) for base, past, participle in irregular),
    ]


_VERBS = _verbs()
# Where one form belongs to two verbs, the later one wins: "found" is mostly the past of "find".
PRESENTS = {verb.third: verb for verb in _VERBS}
PASTS = {verb.past: verb for verb in _VERBS}
BASES = {verb.base: verb for verb in _VERBS}
PARTICIPLES = {verb.participle: verb for verb in _VERBS} | {"founded": BASES["found"]}
# "Found" is a plain form, too, and hardly ever meant as one.
PLAIN = BASES.keys() - {"found"}
FINITE = PRESENTS.keys() | PASTS.keys() | AUXILIARIES


def is_base(word: str) -> bool:
    """Whether ``word`` is the plain form of a known verb."""
    return word in PLAIN


def is_past(word: str) -> bool:
    """Whether ``word`` is the past of a known verb, and not also its plain form."""
    return word in PASTS and word not in PLAIN
