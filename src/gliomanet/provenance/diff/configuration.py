"""Keys in which two studies differ, every default named on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.provenance.diff.change import Change
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.keys import ABSENT, differing_keys

_PLACES = ("results", "title", "data_root", "path", "clinical", "folder", "mapping")
"""Last parts of keys that say where things lie, or what the study is called: they are told last."""


def configuration_changes(a: FinishedStudy, b: FinishedStudy) -> Iterator[Change]:
    """A change per key; a centre or model that one study lacks is one."""
    differing = differing_keys(a.record.study, b.record.study)
    for key in sorted(differing, key=lambda key: key.rpartition(".")[2] in _PLACES):
        one, other = differing[key]
        what = "key added" if one == ABSENT else "key removed" if other == ABSENT else "key"
        section, _, rest = key.partition(".")
        named = rest.split(".")[0] if rest else ""
        yield Change(
            "configuration",
            what,
            center=named if section == "centers" else "",
            model=named if section == "models" else "",
            key=key,
            a="" if one == ABSENT else one,
            b="" if other == ABSENT else other,
        )
