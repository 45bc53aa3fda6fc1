"""Which words say the opposite of each other, by a lexicon and by their form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from articleqa.grounding.support.axes import AXES

IRREGULAR = dict(
    pair.split(":")
    for pair in """
    rose:rise risen:rise fell:fall fallen:fall grew:grow grown:grow shrank:shrink shrunk:shrink sank:sink sunk:sink
    lost:lose won:win beaten:beat began:begin begun:begin bought:buy sold:sell gave:give given:give took:take taken:take
    came:come went:go gone:go left:leave kept:keep held:hold found:find built:build broke:break broken:break
    froze:freeze
    frozen:freeze forgot:forget forgotten:forget forbade:forbid forbidden:forbid withdrew:withdraw withdrawn:withdraw
    taught:teach learnt:learn sent:send spent:spend lent:lend led:lead fled:flee drew:draw hid:hide hidden:hide
    made:make fought:fight sat:sit stood:stand slept:sleep woke:wake bound:bind sought:seek got:get met:meet
    died:die dying:die lying:lie ate:eat eaten:eat bore:bear caught:catch shown:show drawn:draw overcame:overcome
    men:man women:woman children:child wives:wife lives:life believed:believe became:become fed:feed dug:dig
    paid:pay ran:run wrote:write written:write chose:choose chosen:choose spoke:speak spoken:speak
    thought:think told:tell
    brought:bring knew:know known:know stole:steal stolen:steal struck:strike threw:throw thrown:throw wore:wear
    worn:wear
    sang:sing sung:sing drove:drive driven:drive flew:fly flown:fly rode:ride swam:swim saw:see heard:hear felt:feel
    understood:understand shot:shoot laid:lay meant:mean stuck:stick swept:sweep spread:spread
    upheld:uphold overthrew:overthrow drank:drink woken:wake wept:weep swelled:swell swollen:swell slew:slay slain:slay
    """.split()
)
# What a thing is said to be of, where the evidence says less: "all" for "some" claims too much, the reverse does not.
ALL = frozenset(
    "all every each everyone everybody everything always entirely completely fully wholly whole entire".split()
)
_SOME = frozenset(
    """
    some many most few several often sometimes usually mostly partly partially occasionally rarely seldom half various
    certain numerous
    """.split()
)
_OPPOSED_PREFIXES = (
    ("over", "under"), ("up", "down"), ("in", "out"), ("pre", "post"), ("pro", "anti"), ("inter", "intra"),
    ("hyper", "hypo"), ("macro", "micro"), ("maxi", "mini"), ("ex", "im"), ("ex", "in"), ("mono", "poly"),
    ("homo", "hetero"),
    ("multi", "uni"), ("north", "south"), ("east", "west"), ("super", "sub"), ("endo", "exo"), ("intro", "extro"),
    ("as", "de"), ("ac", "de"), ("en", "dis"), ("con", "di"), ("pro", "re"), ("centri", "centro"), ("em", "dis"),
    ("pre", "re"), ("for", "back"), ("af", "dis"), ("as", "dis"), ("ante", "post"), ("con", "dis"), ("eu", "dys"),
)  # fmt: skip
_NEGATING_PREFIXES = (
    "un",
    "in",
    "im",
    "il",
    "ir",
    "dis",
    "non",
    "non-",
    "anti",
    "anti-",
    "mis",
    "a",
    "counter",
    "de",
    "mal",
)
# These only look as if they began with a negation.
_UNRELATED = frozenset(
    """
    increase import inform impress improve disease discover display invest intend indeed income inside dispatch
    distribute
    inhabit detail depart deport delight design despite intense invent intent instance impart impound inland input
    insight
    incorporate inaugurate intact instate impose dispose discharge discord disguise district distract dissent distance
    industry indent infer indices inflame invaluable incite inset instep intake intern into inward inform information
    defeat defence decay decline declaim degrade defame deform describe demand denote depend deprive derive desert
    detain
    deter devote alike along amount around arise ago aside apart away about account across abroad ahead alight amaze
    amend
    apiece array ascent aspire assign assure atone attach attend attract avail await award aware anew assort assess
    abide
    assent adept abed allay allot appraise appoint apprise apply appeal approve appear unit united unite union uncle
    unless until under unto missing mission message mistress misty nonetheless discount discourse dismay disposition
    """.split()
)
_ENDS_A_MAKER = (
    "ise",
    "ize",
    "ate",
    "ify",
    "ised",
    "ized",
    "ated",
    "isation",
    "ization",
    "ation",
    "code",
    "compose",
    "press",
)


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
    if word in IRREGULAR:
        yield IRREGULAR[word]
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


@dataclass(frozen=True, slots=True)
class Profile:
    """What decides whether a word, or one of several, opposes another: its places in the lexicon, and its form.

    ``turned`` are the words that it turns round with a prefix or ending of its own; ``left`` and ``right`` are what
    remains of it without a prefix that has an opposite, by the side of that prefix.
    """

    forms: frozenset[str]
    places: frozenset[tuple[int, int]]
    facing: frozenset[tuple[int, int]]
    turned: frozenset[str]
    left: frozenset[tuple[int, str]]
    right: frozenset[tuple[int, str]]


@lru_cache(maxsize=16384)
def profile(word: str) -> Profile:
    """The profile of a word (lower case)."""
    forms = plain_forms(word)
    places = frozenset(place for form in forms for place in _INDEX.get(form, ()))
    turned: set[str] = set()
    sides: tuple[set[tuple[int, str]], set[tuple[int, str]]] = (set(), set())
    if len(word) >= 4 and not _UNRELATED & forms:
        for prefix in _NEGATING_PREFIXES:
            rest = word[len(prefix) :]
            if (
                word.startswith(prefix)
                and len(rest) >= 4
                and ((len(prefix) > 1 and prefix not in ("de", "mal")) or _is_made(rest))
            ):
                turned |= plain_forms(rest)
        if word.endswith("less") and len(word) > 7:
            turned |= {word[:-4], f"{word[:-4]}ful"}
        for form in forms:
            if form.endswith("ee"):
                turned |= {f"{form[:-2]}er", f"{form[:-2]}or", f"{form[:-1]}r"}
    for number, prefixes in enumerate(_OPPOSED_PREFIXES):
        for side, prefix in zip(sides, prefixes, strict=True):
            if word.startswith(prefix) and len(word) - len(prefix) >= 3:
                side.update((number, rest) for rest in plain_forms(word[len(prefix) :]) if len(rest) >= 3)
    facing = frozenset((axis, 1 - side) for axis, side in places)
    return Profile(forms, places, facing, frozenset(turned), frozenset(sides[0]), frozenset(sides[1]))


def _is_made(rest: str) -> bool:
    """Whether a short prefix before ``rest`` is one, and not the beginning of another word."""
    return len(rest) > 6 or rest.endswith(_ENDS_A_MAKER)


def gathered(words: Iterable[str]) -> Profile:
    """The profile of several words (lower case) at once."""
    profiles = [profile(word) for word in words]
    return Profile(
        frozenset().union(*(one.forms for one in profiles)),
        frozenset().union(*(one.places for one in profiles)),
        frozenset().union(*(one.facing for one in profiles)),
        frozenset().union(*(one.turned for one in profiles)),
        frozenset().union(*(one.left for one in profiles)),
        frozenset().union(*(one.right for one in profiles)),
    )


def may_oppose(first: Profile, second: Profile) -> bool:
    """Whether any word of one profile may say the opposite of any of the other."""
    return (
        not first.facing.isdisjoint(second.places)
        or not first.turned.isdisjoint(second.forms)
        or not second.turned.isdisjoint(first.forms)
        or not first.left.isdisjoint(second.right)
        or not first.right.isdisjoint(second.left)
    )


def are_opposites(one: str, other: str) -> bool:
    """Whether one of two words (lower case) says the opposite of the other."""
    first, second = profile(one), profile(other)
    if not may_oppose(first, second):
        return False
    turned = first.turned & second.forms or second.turned & first.forms
    return bool(turned) or first.forms.isdisjoint(second.forms)


def are_alike(one: str, other: str) -> bool:
    """Whether two words (lower case) say much the same."""
    return not profile(one).places.isdisjoint(profile(other).places) and not are_opposites(one, other)


def claims_too_much(said: str, known: str) -> bool:
    """Whether ``said`` speaks of all where ``known`` speaks of some."""
    return said in ALL and known in _SOME
