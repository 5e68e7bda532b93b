"""Seeds that depend on what a job is, not on when or beside what it runs."""

from __future__ import annotations

import hashlib


def derive_seed(study_seed: int, *names: str | int) -> int:
    """A seed in [0, 2³¹) from the study's seed and a job's names: equal for equal arguments, on every machine.

    >>> derive_seed(2026, "net", "fold 0") == derive_seed(2026, "net", "fold 0")
    True
    >>> derive_seed(2026, "net", "fold 0") == derive_seed(2026, "net", "fold 1")
    False
    """
    text = "\0".join(map(str, (study_seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
