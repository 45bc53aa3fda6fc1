"""Words that deny."""

from __future__ import annotations

import re

NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|without|cannot|\w+n['’]t|unlikely|den(?:y|ies|ied)|refuse[sd]?|"
    r"fail(?:s|ed)?|"
    r"nicht|kein\w{0,2}|nie|niemals|niemand\w*|nichts|ohne|weder|"
    r"ne|n['’]\w+|pas|jamais|aucune?|sans|nunca|jamás|ningun[oa]?|ningún)\b",
    re.IGNORECASE,
)
# Each as one negation, wherever it stands.
_DENYING = frozenset(
    """
    not n't never neither nor nobody nothing nowhere none without cannot non hardly scarcely
    nicht kein keine keinen keinem keiner keines nie niemals niemand niemanden niemandem nichts ohne weder
    ne n' pas jamais aucun aucune sans nunca jamás ningún ninguno ninguna nadie sin tampoco
    """.split()
)
# These deny what they are followed by, when it is a verb.
_DENYING_VERBS = frozenset(
    "fail fails failed failing refuse refuses refused refusing decline declines declined".split()
)
_SAYING_NO = frozenset("deny denies denied denying".split())
# "Not only" and "no doubt" deny nothing, "no more than" and "not until" set a bound.
_NOT_DENYING = {
    "not": frozenset("only just merely simply least until unlike".split()),
    "n't": frozenset("only just".split()),
    "no": frozenset("doubt fewer less more matter sooner later earlier".split()),
    "nothing": frozenset(("but",)),
}


def denies(word: str, following: str, after: str) -> bool:
    """Whether ``word`` denies something, given the two words after it; all lower case, empty at the end."""
    if following in _NOT_DENYING.get(word, ()):
        return False
    if word == "no":
        # "No." before a number is short for "number"; Spanish denies with it before the verb.
        return not following[:1].isdigit()
    if word in _DENYING_VERBS:
        return following == "to" or (following == "in" and after.endswith("ing"))
    return word in _DENYING or word in _SAYING_NO


def may_cancel(word: str) -> bool:
    """Whether a "not" shortly before ``word`` takes its denial back, as in "did not fail to"."""
    return (
        word in _DENYING_VERBS or word in _SAYING_NO or word in ("without", "nobody", "nothing", "none", "sans", "ohne")
    )
