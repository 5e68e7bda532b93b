"""Random generators that depend on what is drawn and for whom, never on what was drawn before."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, center_id: str, index: int, purpose: str) -> np.random.Generator:
    """A generator of its own for one purpose of one case, so that a case alone comes out bit-identical.

    Args:
        seed: the study's seed.
        center_id: the centre's key in the study.
        index: the case's index, from 1 (0: the centre as a whole).
        purpose: what is drawn, such as `plan` or `anatomy`.
    """
    digest = hashlib.sha256(f"{seed}|{center_id}|{index}|{purpose}".encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, len(digest), 4)]
    return np.random.default_rng(np.random.SeedSequence(words))
