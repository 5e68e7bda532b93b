"""Order: numbers and terms stand as in the original, so that each stays beside what it is said of.

The words of a sentence could be dealt anew into a false one: wildtype 94 % and mutant 6 % into mutant 94 %. So the
order of what has a meaning is kept, and so are the breaks between; a paraphrase changes the words around. Degrees of
certainty, genes and negations may move a little, as they do between active and passive: a negation only in a sentence
that names one thing of a kind, where it has no other to fall on.
"""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.reading.sentence import MARK, WORD, Read, Token
from gliomanet.case_report.validate.finding import Pair

FARTHEST = {"certainty": 2, "gene": 2, "negation": 1}
"""Kind → places by which its terms may move; other kinds and numbers stay."""

_ORDERLESS = frozenset({"question"})
_THINGS = ("part", "label", "gene", "modality", "treatment", "side")
_BREAKS = frozenset(".;。；")


def check_order(pair: Pair) -> Iterator[tuple[str, str]]:
    """A term or number that has moved, and a full stop or semicolon between what belonged together."""
    source, told = _meaning(pair.source), _meaning(pair.told)
    movable = _movable(pair.source)
    fixed = [one for one in source if one.kind not in movable]
    now = [one for one in told if one.kind not in movable]
    if len(fixed) == len(now):
        for was, one in zip(fixed, now, strict=True):
            if not _says_same(was, one):
                yield "said_of_something_else", f"{one.value!r} stands where the original has {was.value!r}"
                return
    if len(source) != len(told):
        return  # other checks say what is too much or missing
    for kind in movable:
        values = {one.value for one in source if one.kind == kind}
        if any(_farthest(source, told, kind, value) > FARTHEST[kind] for value in values):
            rule = "polarity_moved" if kind == "negation" else "said_of_something_else"
            yield rule, f"a word of {kind} stands far from where the original has it"
    if _values(source) == _values(told) and _broken(pair.told) - _broken(pair.source):
        yield "said_of_something_else", "a full stop or semicolon parts what belongs together"


def _movable(source: Read) -> frozenset[str]:
    """Kinds whose terms may move in this sentence."""
    several = any(len(source.values(kind)) > 1 for kind in _THINGS)
    if len(source.values("gene")) > 1:
        return frozenset({"certainty"})
    return frozenset({"certainty", "gene"} if several else FARTHEST)


def _meaning(read: Read) -> list[Token]:
    return [one for one in read.tokens if one.kind not in (WORD, MARK) and one.kind not in _ORDERLESS]


def _says_same(one: Token, other: Token) -> bool:
    if one.quantity is not None and other.quantity is not None:
        return one.quantity.is_same(other.quantity)
    return (one.kind, one.value) == (other.kind, other.value)


def _farthest(source: list[Token], told: list[Token], kind: str, value: str) -> int:
    """Places by which a term has moved, of its several mentions the most."""
    was, now = (
        [place for place, one in enumerate(row) if (one.kind, one.value) == (kind, value)] for row in (source, told)
    )
    return max((abs(one - other) for one, other in zip(was, now, strict=False)), default=0)


def _values(tokens: list[Token]) -> list[str]:
    return [one.value for one in tokens if one.quantity is None]


def _broken(read: Read) -> frozenset[int]:
    """Places in the row of meaning before which a full stop or semicolon stands."""
    found, place = set(), 0
    for token in read.tokens:
        if token.kind == MARK and token.value in _BREAKS:
            found.add(place)
        elif token.kind not in (WORD, MARK) and token.kind not in _ORDERLESS:
            place += 1
    return frozenset(found - {place})
