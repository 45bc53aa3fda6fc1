"""Which words say the opposite of each other, by a lexicon and by their form."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from articleqa.grounding.support.axes import AXES

_IRREGULAR = dict(
    pair.split(":")
    for pair in """
    rose:rise risen:rise fell:fall fallen:fall grew:grow grown:grow shrank:shrink shrunk:shrink sank:sink sunk:sink
    lost:lose won:win beaten:beat began:begin begun:begin bought:buy sold:sell gave:give given:give took:take taken:take
    came:come went:go gone:go left:leave kept:keep held:hold found:find built:build broke:break broken:break froze:freeze
    frozen:freeze forgot:forget forgotten:forget forbade:forbid forbidden:forbid withdrew:withdraw withdrawn:withdraw
    taught:teach learnt:learn sent:send spent:spend lent:lend led:lead fled:flee drew:draw hid:hide hidden:hide
    made:make fought:fight sat:sit stood:stand slept:sleep woke:wake bound:bind sought:seek got:get met:meet
    died:die dying:die lying:lie ate:eat eaten:eat bore:bear caught:catch shown:show drawn:draw overcame:overcome
    men:man women:woman children:child wives:wife lives:life believed:believe became:become fed:feed dug:dig
    upheld:uphold overthrew:overthrow drank:drink woken:wake wept:weep swelled:swell swollen:swell slew:slay slain:slay
    """.split()
)
# What a thing is said to be of, where the evidence says less: "all" for "some" claims too much, the reverse does not.
_ALL = frozenset("all every each everyone everybody everything always entirely completely fully wholly whole entire".split())
_SOME = frozenset(
    """
    some many most few several often sometimes usually mostly partly partially occasionally rarely seldom half various
    certain numerous
    """.split()
)
_OPPOSED_PREFIXES = (
    ("over", "under"), ("up", "down"), ("in", "out"), ("pre", "post"), ("pro", "anti"), ("inter", "intra"),
    ("hyper", "hypo"), ("macro", "micro"), ("maxi", "mini"), ("ex", "im"), ("ex", "in"), ("mono", "poly"), ("homo", "hetero"),
    ("multi", "uni"), ("north", "south"), ("east", "west"), ("super", "sub"), ("endo", "exo"), ("intro", "extro"),
    ("as", "de"), ("ac", "de"), ("en", "dis"), ("con", "di"), ("pro", "re"), ("centri", "centro"), ("em", "dis"),
    ("pre", "re"), ("for", "back"), ("af", "dis"), ("as", "dis"), ("ante", "post"), ("con", "dis"), ("eu", "dys"),
)  # fmt: skip
_NEGATING_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "non-", "anti", "anti-", "mis", "a", "counter", "de", "mal")
# These only look as if they began with a negation.
_UNRELATED = frozenset(
    """
    increase import inform impress improve disease discover display invest intend indeed income inside dispatch distribute
    inhabit detail depart deport delight design despite intense invent intent instance impart impound inland input insight
    incorporate inaugurate intact instate impose dispose discharge discord disguise district distract dissent distance
    industry indent infer indices inflame invaluable incite inset instep intake intern into inward inform information
    defeat defence decay decline declaim degrade defame deform describe demand denote depend deprive derive desert detain
    deter devote alike along amount around arise ago aside apart away about account across abroad ahead alight amaze amend
    apiece array ascent aspire assign assure atone attach attend attract avail await award aware anew assort assess abide
    assent adept abed allay allot appraise appoint apprise apply appeal approve appear unit united unite union uncle
    unless until under unto missing mission message mistress misty nonetheless discount discourse dismay disposition
    """.split()
)
_ENDS_A_MAKER = ("ise", "ize", "ate", "ify", "ised", "ized", "ated", "isation", "ization", "ation", "code", "compose", "press")


def _indexed() -> dict[str, frozenset[tuple[int, int]]]:
    index: dict[str, set[tuple[int, int]]] = {}
    for axis, line in enumerate(AXES.split(";")):
        for side, words in enumerate(line.split("|")):
            for word in words.split():
                index.setdefault(word, set()).add((axis, side))
    return {word: frozenset(places) for word, places in index.items()}


_INDEX = _indexed()


@lru_cache(maxsize=8192)
def plain_forms(word: str) -> frozenset[str]:
    """What ``word`` (lower case) may be an inflected form of, itself among it; some of them may be no words."""
    return frozenset(_plain_forms(word))


def _plain_forms(word: str) -> Iterator[str]:
    yield word
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    for ending, others in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            root = word[: -len(ending)]
            for other in others:
                yield root + other
            if ending in ("ed", "ing", "er", "est") and len(root) > 2 and root[-1] == root[-2]:
                yield root[:-1]


_ENDINGS = (
    ("s", ("",)),
    ("es", ("",)),
    ("ies", ("y",)),
    ("ied", ("y",)),
    ("ed", ("", "e")),
    ("ing", ("", "e")),
    ("er", ("", "e")),
    ("est", ("", "e")),
    ("ier", ("y",)),
    ("iest", ("y",)),
    ("ly", ("",)),
    ("ily", ("y",)),
    ("ably", ("able",)),
    ("ibly", ("ible",)),
    ("ness", ("",)),
)


@lru_cache(maxsize=8192)
def _places(word: str) -> frozenset[tuple[int, int]]:
    return frozenset(place for form in plain_forms(word) for place in _INDEX.get(form, ()))


@lru_cache(maxsize=16384)
def are_opposites(one: str, other: str) -> bool:
    """Whether one of two words (lower case) says the opposite of the other."""
    if one == other or plain_forms(one) & plain_forms(other) - {""}:
        return False
    sides = _places(one)
    if any((axis, 1 - side) in sides for axis, side in _places(other)):
        return True
    return _opposed_in_form(one, other) or _opposed_in_form(other, one)


@lru_cache(maxsize=16384)
def are_alike(one: str, other: str) -> bool:
    """Whether two words (lower case) say much the same."""
    return bool(_places(one) & _places(other)) and not are_opposites(one, other)


def claims_too_much(said: str, known: str) -> bool:
    """Whether ``said`` speaks of all where ``known`` speaks of some."""
    return said in _ALL and known in _SOME


def has_opposites(word: str) -> bool:
    """Whether the lexicon knows the word (lower case); its form may still oppose it to others that it does not."""
    return bool(_places(word))


def _opposed_in_form(one: str, other: str) -> bool:
    """Whether ``one`` is ``other`` with something in front or at its end that turns it round."""
    if min(len(one), len(other)) < 4:
        return False
    for prefix in _NEGATING_PREFIXES:
        if one.startswith(prefix) and not _UNRELATED & plain_forms(one):
            rest = one[len(prefix) :]
            if (
                len(rest) >= 4
                and (rest == other or plain_forms(rest) & plain_forms(other))
                and (prefix not in ("a", "de", "mal") or len(rest) > 6 or rest.endswith(_ENDS_A_MAKER))
            ):
                return True
    for left, right in _OPPOSED_PREFIXES:
        if one.startswith(left) and other.startswith(right):
            rest, another = one[len(left) :], other[len(right) :]
            if len(rest) >= 3 and (rest == another or plain_forms(rest) & plain_forms(another)):
                return True
    if one.endswith("ful") and other.endswith("less"):
        return one[:-3] == other[:-4]
    if one.endswith(("er", "or")) and other.endswith("ee"):
        return one[:-2] == other[:-2] or one[:-2] == other[:-1]
    return one.endswith("less") and len(one) > 7 and one[:-4] in plain_forms(other)
