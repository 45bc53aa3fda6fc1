"""Words and their opposites, to corrupt true sentences with; every second pair is held out.

They are the benchmark's own and were written before the checker's lexicon was. Nothing held out is looked at while the
checker is worked on: only its figure is.
"""

from __future__ import annotations

# Regular verbs, by their plain forms: the endings are made here.
_VERBS = """
increase:decrease expand:contract open:close accept:reject allow:forbid attack:defend appear:disappear
approve:disapprove arrive:depart ascend:descend attract:repel borrow:lend praise:criticise connect:disconnect
create:destroy encourage:discourage enter:exit export:import fail:succeed gain:lose include:exclude inhale:exhale
join:leave like:dislike load:unload love:hate obey:disobey pass:fail permit:prohibit please:annoy pull:push
punish:reward raise:lower reveal:conceal save:waste start:finish strengthen:weaken support:oppose trust:distrust
unite:divide widen:narrow admit:deny advance:retreat agree:disagree activate:inhibit accelerate:slow add:remove
affirm:contradict appoint:dismiss arrest:release assemble:dismantle absorb:emit begin:end capture:liberate
centralise:decentralise clarify:confuse confirm:refute continue:discontinue convict:acquit cool:warm cover:uncover
deflate:inflate demand:offer demolish:build deposit:withdraw employ:dismiss enable:prevent enlarge:shrink
exceed:undercut
favor:disfavor favour:oppose fill:empty freeze:melt float:sink gather:scatter hire:fire improve:worsen induce:suppress
invade:evacuate legalise:outlaw lengthen:shorten lock:unlock maximise:minimise merge:separate obtain:forfeit
overestimate:underestimate precede:follow preserve:destroy promote:demote protect:endanger purchase:sell
ratify:repeal recover:deteriorate remember:forget resist:surrender respect:despise rise:fall secure:endanger
sharpen:blunt soften:harden stabilise:destabilise stimulate:suppress tighten:loosen upgrade:downgrade
upregulate:downregulate enhance:impair enrich:deplete facilitate:hinder promote:inhibit reduce:increase
restrict:expand decline:grow establish:abolish found:dissolve retain:discard
"""
# Words as they stand.
_WORDS = """
abundant:scarce active:passive adequate:inadequate alive:dead ancient:modern asleep:awake autumn:spring
backward:forward beautiful:ugly before:after beginning:end below:above beneficial:harmful best:worst better:worse
big:small bitter:sweet black:white bottom:top boy:girl brave:cowardly bright:dark broad:narrow brother:sister
cheap:expensive civilian:military clean:dirty clockwise:anticlockwise coastal:inland cold:hot common:rare
complex:simple compulsory:voluntary constant:variable cruel:kind dangerous:safe daughter:son dawn:dusk day:night
deep:shallow defeat:victory definite:indefinite demand:supply dense:sparse direct:indirect domestic:foreign
dry:wet earlier:later early:late east:west eastern:western easy:difficult elderly:young enemy:friend
exterior:interior external:internal fact:fiction famous:unknown fast:slow fat:thin father:mother female:male
fewer:more finite:infinite first:last flexible:rigid former:latter fresh:stale friendly:hostile frequent:rare
front:back future:past general:specific generous:mean global:local good:bad guilty:innocent guest:host happy:sad
hard:soft healthy:sick heavy:light heaven:hell heterogeneous:homogeneous hidden:visible high:low higher:lower
highest:lowest hill:valley horizontal:vertical huge:tiny husband:wife inferior:superior initial:final inner:outer
input:output junior:senior king:queen large:small larger:smaller largest:smallest lazy:diligent least:most
left:right legal:illegal less:more liquid:solid literate:illiterate long:short longer:shorter longest:shortest
loose:tight
loss:profit loud:quiet lower:upper lucky:unlucky macroscopic:microscopic major:minor majority:minority man:woman
many:few married:single master:servant mature:immature maximum:minimum men:women minimal:maximal narrow:wide
native:foreign natural:artificial near:far negative:positive new:old newer:older north:south northern:southern
odd:even official:unofficial often:seldom older:younger oldest:youngest optimistic:pessimistic optional:mandatory
over:under parent:child partial:complete peace:war peaceful:violent permanent:temporary plural:singular
plus:minus poor:rich popular:unpopular possible:impossible present:absent private:public probable:improbable
proud:ashamed pure:impure quick:slow quickly:slowly rapid:slow regular:irregular relevant:irrelevant religious:secular
rough:smooth rural:urban separate:joint sharp:blunt short:tall significant:insignificant similar:different
smaller:bigger sober:drunk special:ordinary stable:unstable start:end strength:weakness strict:lenient strong:weak
stronger:weaker success:failure successful:unsuccessful sufficient:insufficient summer:winter symmetric:asymmetric
teacher:pupil thick:thin tiny:enormous together:apart tragedy:comedy true:false upstream:downstream urban:rural
useful:useless usual:unusual vacant:occupied vague:precise valid:invalid warm:cool wealth:poverty wealthy:poor
well:badly wide:narrow wild:tame winner:loser wise:foolish within:outside with:without worse:better young:old
younger:older acute:chronic benign:malignant anterior:posterior proximal:distal systolic:diastolic acidic:alkaline
dominant:recessive aerobic:anaerobic sensitive:resistant acquired:congenital oral:intravenous eukaryotic:prokaryotic
increase:decrease rise:fall growth:decline income:expenditure asset:liability creditor:debtor buyer:seller
employer:employee landlord:tenant plaintiff:defendant Democrat:Republican conservative:liberal monarchy:republic
Protestant:Catholic bull:bear upward:downward inside:outside always:never everyone:nobody all:none every:no
both:neither everything:nothing increasingly:decreasingly approximately:exactly directly:indirectly
officially:unofficially
won:lost bought:sold rose:fell grew:shrank taught:learned gave:took came:went began:ended built:demolished
found:lost sent:received led:followed kept:abandoned broke:repaired hid:revealed
"""
_VOWELS = "aeiou"


def pairs(*, held_out: bool) -> dict[str, tuple[str, ...]]:
    """A word to each of its opposites, both ways, in every form; either half of the pairs."""
    opposites: dict[str, list[str]] = {}
    verbs = [tuple(pair.split(":")) for pair in _VERBS.split()][held_out::2]
    words = [tuple(pair.split(":")) for pair in _WORDS.split()][held_out::2]
    forms = [*words, *((form(one), form(other)) for one, other in verbs for form in (_past, _gerund, _third))]
    taken = {frozenset(pair) for pair in _all(held_out=not held_out)}
    for one, other in forms:
        if frozenset((one, other)) not in taken:
            opposites.setdefault(one, []).append(other)
            opposites.setdefault(other, []).append(one)
    return {word: tuple(dict.fromkeys(others)) for word, others in opposites.items()}


def _all(*, held_out: bool) -> list[tuple[str, ...]]:
    """The pairs of one half as they were written: one that stands in both belongs to neither."""
    return [tuple(pair.split(":")) for block in (_VERBS, _WORDS) for pair in block.split()[held_out::2]]


_IRREGULAR = {
    "begin": "began",
    "build": "built",
    "fall": "fell",
    "forbid": "forbade",
    "forget": "forgot",
    "freeze": "froze",
    "grow": "grew",
    "leave": "left",
    "lend": "lent",
    "lose": "lost",
    "rise": "rose",
    "sell": "sold",
    "shrink": "shrank",
    "sink": "sank",
    "undercut": "undercut",
    "withdraw": "withdrew",
    "found": "founded",
}


def _past(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return f"{verb[:-1]}ied"
    return f"{_doubled(verb)}ed"


def _gerund(verb: str) -> str:
    return f"{verb[:-1]}ing" if verb.endswith("e") else f"{_doubled(verb)}ing"


def _third(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in _VOWELS else f"{verb}s"


_DOUBLING = frozenset(
    "begin admit permit forbid forget compel repel expel occur prefer refer commit omit plan stop drop grab".split()
)


def _doubled(verb: str) -> str:
    return verb + verb[-1] if verb in _DOUBLING else verb
