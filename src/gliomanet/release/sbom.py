"""Software bill of materials: every package of the environment that wrote a bundle, as CycloneDX 1.6 JSON."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from typing import Any


def bill_of_materials() -> dict[str, Any]:
    """The packages by name, each with its version, package URL and licence as it declares it; without a date."""
    found = {_plain(one.metadata["Name"]): one for one in distributions() if one.metadata["Name"]}
    components = [_component(name, found[name]) for name in sorted(found)]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def licences() -> dict[str, str]:
    """Package → its licence as it declares it."""
    return {
        one["name"]: one["licenses"][0]["license"]["name"]
        for one in bill_of_materials()["components"]
        if one.get("licenses")
    }


def _component(name: str, one: Distribution) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{one.version}",
        "name": name,
        "version": one.version,
        "purl": f"pkg:pypi/{name}@{one.version}",
    }
    if licence := _licence(one):
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def _licence(one: Distribution) -> str:
    """The expression, the classifiers, or the first line of the text that a package has for a licence."""
    if expression := one.metadata.get_all("License-Expression"):
        return str(expression[0])
    classifiers = [c.rpartition(" :: ")[2] for c in one.metadata.get_all("Classifier") or [] if c.startswith("License")]
    if classifiers:
        return " / ".join(classifiers)
    text = str((one.metadata.get_all("License") or [""])[0])
    return (text.strip().splitlines() or [""])[0][:80]


def _plain(name: str) -> str:
    """A package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()
