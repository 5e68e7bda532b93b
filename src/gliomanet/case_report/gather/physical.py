"""Facts of what was found wrong with the images themselves: the reasons of the verdict that rest on no other case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gliomanet.case_report.fact import Fact, Unit, Value
from gliomanet.case_report.gather.numbers import decimal, finite
from gliomanet.modalities import JOIN, MODALITIES
from gliomanet.patient.statements.statement import Statement

_Told = tuple[tuple[Value, ...], dict[str, tuple[str, ...]]]
"""Values and terms of a fact."""


def physical_fact(reason: Statement) -> Fact | None:
    """The fact of a physical finding, such as `trust.cut.flair`.

    None of any other reason, and of a finding that lacks a value, as that of another version may: the report then
    has no words for it.
    """
    if reason.code not in PHYSICAL:
        return None
    try:
        values, terms = PHYSICAL[reason.code](reason.values)
    except KeyError:
        return None
    of = [JOIN.join(names) for role, names in terms.items() if role in ("group", "rest")]
    return Fact(
        id=".".join((reason.code, *of)), section="banner", kind="number", required=True, values=values, terms=terms
    )


def _astray(said: Mapping[str, object]) -> _Told:
    return _beside_limit(said, "stretch", "most", "", digits=2), {}


def _small(said: Mapping[str, object]) -> _Told:
    return _beside_limit(said, "volume", "least", "ml", digits=0), {}


def _cut(said: Mapping[str, object]) -> _Told:
    section = decimal("section", _number(said, "section"), "cm²", 0)
    share = decimal("share", 100 * _number(said, "share"), "%")
    return (section, share), {"group": _modalities(said, "one")}


def _two_heads(said: Mapping[str, object]) -> _Told:
    """Of two groups of modalities, and of the pair between them that fits best."""
    terms = {role: _modalities(said, role) for role in ("group", "rest", "one", "other")}
    return _beside_limit(said, "share", "most", "%", digits=0), terms


PHYSICAL: dict[str, Callable[[Mapping[str, object]], _Told]] = {
    "trust.astray": _astray,
    "trust.small_first": _small,
    "trust.small_far": _small,
    "trust.cut": _cut,
    "trust.two_heads": _two_heads,
}
"""Code of a finding → reader of its values; a KeyError where one is missing."""


def _beside_limit(said: Mapping[str, object], name: str, limit: str, unit: Unit, *, digits: int) -> tuple[Value, Value]:
    """A figure and its limit; where both round to one number, the figure is told as a bound."""
    scale = 100 if unit == "%" else 1
    figure, bound = scale * _number(said, name), scale * _number(said, limit)
    told, allowed = decimal(name, figure, unit, digits), decimal(limit, bound, unit, digits)
    if told.shown == allowed.shown and figure != bound:
        told = told.model_copy(update={"bound": ">" if figure > bound else "<"})
    return told, allowed


def _number(said: Mapping[str, object], name: str) -> float:
    value = said[name]
    if not isinstance(value, int | float) or not finite(value):
        raise KeyError(name)
    return float(value)


def _modalities(said: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = said[name]
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, tuple) or not names or not {*names} <= {*MODALITIES}:
        raise KeyError(name)
    return names
