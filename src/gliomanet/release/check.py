"""The check of a bundle: every file by its digest, and the example predicted again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gliomanet.bundle.read import Bundle
from gliomanet.errors import ModelError, Problem
from gliomanet.release.example import expected_of, predicted_example

TOLERANCE = 1e-5
"""Largest difference of a probability that another processor may make; volumes may differ by a voxel in a thousand."""


@dataclass(frozen=True)
class Checked:
    """A bundle that is whole.

    Attributes:
        bundle: it.
        largest_difference: between a number of the example then and now; 0: equal to the last bit.
    """

    bundle: Bundle
    largest_difference: float


def check_bundle(folder: Path) -> Checked:
    """Check a bundle.

    Raises:
        ModelError: it cannot be read, a file differs, or the example's numbers do.
    """
    bundle = Bundle.open(folder)
    expected, found = expected_of(bundle), predicted_example(bundle)
    problems = []
    for name in dict.fromkeys((*expected, *found)):
        then, now = expected.get(name), found.get(name)
        allowed = TOLERANCE * max(1.0, abs(then or 0.0) * (100 if name.endswith(" ml") else 1))
        if then is None or now is None or abs(then - now) > allowed:
            said = f"the example's {name} is {now}, and was {then} when the bundle was made"
            action = "install the packages of its sbom.json; if that does not help, do not use it on this machine"
            problems.append(Problem(said, action, file=str(folder), rule="example_differs"))
    if problems:
        raise ModelError(problems, where="a bundle")
    return Checked(bundle, max((abs(expected[name] - found[name]) for name in expected), default=0.0))
