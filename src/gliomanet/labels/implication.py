"""Labels that follow from other labels of the same case by WHO 2021.

IDH-wildtype is never codeleted; a codeleted tumour is IDH-mutant and of grade 2 or 3, so one of grade 4 is intact.
Nothing follows that an earlier edition had otherwise: IDH-wildtype tumours of grade 2 and 3 are in its tables.
Source: Louis et al., Neuro-Oncology 23:1231 (2021), 10.1093/neuonc/noab106.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gliomanet.labels.tasks import Task
from gliomanet.labels.who import LEGACY_STATES, LEGAL_STATES, WhoState


@dataclass(frozen=True)
class Ground:
    """A label that others may follow from.

    Attributes:
        label: its column.
        values: the values that it leaves open, of a task that groups some.
        probability: the teacher's of a pseudo-label; 1 where the label is known.
        is_known: whether it is no pseudo-label.
    """

    label: str
    values: frozenset[str]
    probability: float = 1.0
    is_known: bool = True

    def __str__(self) -> str:
        kind = "known" if self.is_known else "pseudo-label"
        return f"{self.label} {' or '.join(sorted(self.values))} ({kind})"


def possible_values(standing: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Values of each label of the WHO classification that a case's labels leave open.

    Args:
        standing: label → the values that it may have; without an entry, or an empty one, it is unknown.

    Returns:
        Label → values, over the states of WHO 2021 and of earlier editions that fit; empty sets where none does.

    >>> open_ = possible_values({"codel_1p19q": ["codeleted"]})
    >>> sorted(open_["idh"]), sorted(open_["grade"])
    (['mutant'], ['2', '3'])
    """
    states = [
        state
        for state in (*LEGAL_STATES, *LEGACY_STATES)
        if all(not standing.get(label) or value in standing[label] for label, value in state._asdict().items())
    ]
    return {label: {getattr(state, label) for state in states} for label in WhoState._fields}


def implied_class(task: Task, grounds: Iterable[Ground]) -> tuple[str, Ground] | None:
    """The class of a task that follows from a case's other labels, and the surest one that it follows from.

    Each rule has one premise, so grounds are looked at one by one. Where they contradict each other nothing follows.
    """
    ordered = sorted(grounds, key=lambda ground: (not ground.is_known, -ground.probability, ground.label))
    together: dict[str, frozenset[str]] = {}
    for ground in ordered:
        together[ground.label] = together.get(ground.label, ground.values) & ground.values
    if not possible_values(together).get(task.label):
        return None
    for ground in ordered:
        values = possible_values({ground.label: ground.values})[task.label]
        for name, members in task.classes.items():
            if values and values <= set(members):
                return name, ground
    return None
