"""The same patient under several names: by spelling of ids, by ids of other collections, by mapping tables.

Ids are nodes of a graph, and whatever says that two of them are one patient is an edge; the patients are its connected
components. Ids that are no more than a number name a patient inside their own centre only.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from gliomanet.audit.context import AuditContext
from gliomanet.audit.rules.mapping_tables import same_patient_ids
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.patient_keys import is_local, patient_key
from gliomanet.labels.spellings import MISSING_SPELLINGS

_Node = tuple[str, str]  # centre of a local id or "", key
_Row = dict[str, Any]
_Graph = dict[_Node, list[tuple[_Node, str]]]
_MOST_EXPLAINED = 50  # a wrong mapping table can join everyone, and looking for each way would take quadratic time


def patient_under_two_names(context: AuditContext) -> Iterator[Finding]:
    """One patient in two centres (fatal where one trains and the other tests), or under two ids in one: error."""
    rows = context.rows()
    graph, at = _graph(context, rows)
    place = {name: index for index, name in enumerate(context.names)}
    for nodes in _components(graph):
        same = [rows[index] for node in nodes for index in at.get(node, ())]
        if len({(row["center"], row["patient_id"]) for row in same}) > 1:
            same.sort(key=lambda row: (place.get(row["center"], len(place)), row["center"], row["case_id"]))
            yield from _compare(context, graph, same)


def case_id_in_two_centers(context: AuditContext) -> Iterator[Finding]:
    """Case ids that two centres use: error. Ids name folders and rows, whoever the patients are."""
    ids = {name: cases["case_id"].tolist() for name, cases in context.by_center()}
    owners: dict[str, str] = {}
    for center, case_ids in {**ids, **context.known_ids}.items():
        for case_id in case_ids:
            owner = owners.setdefault(case_id, center)
            if owner != center:
                yield Finding(
                    "error",
                    "case_id_in_two_centers",
                    center,
                    case_id,
                    "",
                    f"case_id {case_id!r} is used by the centres {owner} and {center}",
                    "rename one",
                )


def _graph(context: AuditContext, rows: list[_Row]) -> tuple[_Graph, dict[_Node, list[int]]]:
    """Edges between ids, each with what said so; and the rows of each patient id."""
    graph: _Graph = defaultdict(list)
    at: dict[_Node, list[int]] = defaultdict(list)

    def join(one: _Node, other: _Node, reason: str) -> None:
        if one != other:
            graph[one].append((other, reason))
            graph[other].append((one, reason))

    for index, row in enumerate(rows):
        center = row["center"]
        patient = _node(row["patient_id"], center)
        graph[patient]  # an id that nothing joins is a component of its own
        at[patient].append(index)
        # A case's number says nothing about its patient's, so numbers are read as patients' only.
        if not is_local(row["case_id"]):
            join(patient, _node(row["case_id"], center), "")
        for other in filter(None, (other.strip() for other in row["other_ids"].split(";"))):
            if other.lower() not in MISSING_SPELLINGS:
                join(patient, _node(other, center), f"other_ids of case {row['case_id']!r}")
    for path in context.identities:
        for ids, line in same_patient_ids(path, context.names)[0]:
            (first_center, first), *others = ids
            for center, identifier in others:
                join(_node(first, first_center), _node(identifier, center), f"{path.name}, line {line}")
    return graph, at


def _node(identifier: str, center: str) -> _Node:
    return (center if is_local(identifier) else "", patient_key(identifier))


def _components(graph: _Graph) -> Iterator[list[_Node]]:
    seen: set[_Node] = set()
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        nodes = [start]
        for node in nodes:  # grows while it is walked
            for neighbour, _ in graph[node]:
                if neighbour not in seen:
                    seen.add(neighbour)
                    nodes.append(neighbour)
        yield nodes


def _compare(context: AuditContext, graph: _Graph, same: list[_Row]) -> Iterator[Finding]:
    """Each case of a patient beside an earlier one that it may not stand beside."""
    met: dict[str, dict[str, _Row]] = {}  # centre → at most two patients' first rows: one of them is another patient
    for row in same:
        center, patient = row["center"], row["patient_id"]
        others = [o for c, rows in met.items() for name, o in rows.items() if (c, name) != (center, patient)]
        if len(mine := met.setdefault(center, {})) < 2:
            mine.setdefault(patient, row)
        if not others:
            continue
        leaking = [o for o in others if frozenset((o["center"], center)) in context.leaks]
        elsewhere = [o for o in others if o["center"] != center]
        other = next(iter([*leaking, *elsewhere, *others]))
        yield _finding(other, row, bool(leaking), _how(graph, other, row) if len(same) <= _MOST_EXPLAINED else "")


def _finding(first: _Row, row: _Row, leaks: bool, how: str) -> Finding:
    if first["center"] == row["center"]:
        return Finding(
            "error",
            "patient_under_two_ids",
            row["center"],
            row["case_id"],
            "",
            f"cases {first['case_id']!r} and {row['case_id']!r} look like one patient "
            f"({first['patient_id']!r}, {row['patient_id']!r}){how}",
            "give both the same patient_id, or remove one",
        )
    return Finding(
        "fatal" if leaks else "error",
        "patient_in_two_centers",
        row["center"],
        row["case_id"],
        "",
        f"patient {first['patient_id']!r} of centre {first['center']} (case {first['case_id']!r}) is "
        f"{row['patient_id']!r} of centre {row['center']} (case {row['case_id']!r}){how}"
        f"{'; one centre trains and the other tests' if leaks else ''}",
        "keep one of them (exclude the other in quality.decisions), or, if they are two people, put the centre's name "
        "before their ids",
    )


def _how(graph: _Graph, first: _Row, row: _Row) -> str:
    """Sources that join the two ids, where they are not spellings of one."""
    start, goal = _node(first["patient_id"], first["center"]), _node(row["patient_id"], row["center"])
    paths: dict[_Node, tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue and goal not in paths:
        node = queue.popleft()
        for neighbour, reason in graph[node]:
            if neighbour not in paths:
                paths[neighbour] = (*paths[node], reason) if reason else paths[node]
                queue.append(neighbour)
    reasons = tuple(dict.fromkeys(paths[goal]))
    return f", joined by {' and '.join(reasons)}" if reasons else ""
