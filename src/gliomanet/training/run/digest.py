"""Digest of everything a fit depends on: only a job of the same digest may be resumed, or stand in for another."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from gliomanet import __version__


def digest_of(values: Mapping[str, Any]) -> str:
    """SHA-256 (16 hex digits) of JSON-able values; the order of keys does not count."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def software_versions(packages: Sequence[str]) -> dict[str, str]:
    """Versions of Python, gliomanet and the packages (by the names they are installed under) that compute here."""
    return {"python": platform.python_version(), "gliomanet": __version__} | {name: version(name) for name in packages}
