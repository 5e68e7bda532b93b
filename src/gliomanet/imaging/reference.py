"""Which contrast stands in for the centre's reference where a case does not have it."""

from __future__ import annotations

REFERENCE_ORDER = ("t1c", "t2", "flair", "t1")
"""The finer and the richer in contrast first."""
