"""Nested settings as MLflow's flat parameters and names it accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_VALUE = 500
"""Characters kept of a parameter's value: longer ones (statistics of hundreds of features) stay in `model.json`."""

_FORBIDDEN = re.compile(r"[^/\w.\- ]")


def accepted_name(name: str) -> str:
    """Replace every character that MLflow refuses in a name by `_`."""
    return _FORBIDDEN.sub("_", name)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted keys → text of a nested mapping, in its order; values over `MAX_VALUE` characters are cut and end in `…`.

    >>> flatten({"split": {"folds": 5}, "modalities": ["t1c", "t2"]}, "study.")
    {'study.split.folds': '5', 'study.modalities': '["t1c", "t2"]'}
    """
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{name}."))
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        flat[accepted_name(name)[:250]] = text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
    return flat
