"""What a control with labels dealt anew scores when the external truth stays as it is, and when it is dealt, too.

Simulated features of two centres: logistic regression is fitted on one, whose labels were dealt anew, and tests on the
other. `python benchmarks/dealt_labels.py [draws]` prints one line per setting.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

CASES = 120


def center(generator: np.random.Generator, features: int, informative: int) -> tuple[Floats, Labels]:
    """Features (cases, features) whose first ones differ by one SD between the classes, and a label of each case."""
    truth = (generator.random(CASES) < 0.4).astype(np.int64)
    values = generator.normal(size=(CASES, features))
    values[:, :informative] += truth[:, None]
    return values, truth


def main(draws: int = 400) -> None:
    """Print mean and spread of the external MCC, and how many patient-level intervals leave 0 out."""
    print("| features | external truth | mean MCC | SD over draws | highest | beyond ±.18 |\n|---|---|---|---|---|---|")
    for name, features, informative in (
        ("1 (age)", 1, 1),
        ("20, 3 informative", 20, 3),
        ("20, 15 informative", 20, 15),
    ):
        for what, deal in (
            ("as it is", lambda generator, truth: truth),
            ("dealt, too", np.random.Generator.permutation),
        ):
            mcc = scores(draws, features, informative, deal)
            wide = f"{100 * np.mean(np.abs(mcc) > 1.96 / np.sqrt(CASES - 1)):.0f} %"
            print(f"| {name} | {what} | {mcc.mean():.3f} | {mcc.std():.3f} | {mcc.max():.2f} | {wide} |")


def scores(
    draws: int, features: int, informative: int, deal: Callable[[np.random.Generator, Labels], Labels]
) -> Floats:
    """External MCC of each draw."""
    found = []
    for draw in range(draws):
        generator = np.random.default_rng([features, informative, draw])
        inside, outside = center(generator, features, informative), center(generator, features, informative)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced"))
        model.fit(inside[0], generator.permutation(inside[1]))
        found.append(matthews_corrcoef(deal(generator, outside[1]), model.predict(outside[0])))
    return np.array(found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
