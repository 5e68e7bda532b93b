"""An ensemble of decision trees as plain arrays: what scikit-learn's forests answer, without their objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ArrayForest:
    """Trees, node after node, tree after tree.

    Attributes:
        roots: (trees,) node at which each begins.
        left: (nodes,) the node that follows where the feature is at most the threshold; −1 of a leaf.
        right: (nodes,) the node that follows else.
        feature: (nodes,) column that is asked for.
        threshold: (nodes,) that it is held against.
        value: (nodes, classes) shares of the classes.
    """

    roots: Integers
    left: Integers
    right: Integers
    feature: Integers
    threshold: Floats
    value: Floats

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """The arrays of a fitted `ExtraTreesClassifier` of one output."""
        trees = [one.tree_ for one in estimator.estimators_]
        sizes = [tree.node_count for tree in trees]
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)

        def moved(name: str) -> Integers:
            parts = [getattr(tree, name) for tree in trees]
            shifted = [np.where(part < 0, part, part + root) for part, root in zip(parts, roots, strict=True)]
            return np.concatenate(shifted).astype(np.int64)

        return cls(
            roots,
            moved("children_left"),
            moved("children_right"),
            np.concatenate([tree.feature for tree in trees]).astype(np.int64),
            np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
            np.concatenate([tree.value[:, 0] for tree in trees]).astype(np.float64),
        )

    def predict_proba(self, x: Floats) -> Floats:
        """(cases, classes) probabilities: the trees' mean, in the order and the precision of scikit-learn."""
        given, row = np.asarray(x, dtype=np.float32), np.arange(len(x))
        total = np.zeros((len(x), self.value.shape[1]))
        for root in self.roots:
            node = np.full(len(x), root)
            while (inner := self.left[node] >= 0).any():
                below = given[row, np.where(inner, self.feature[node], 0)] <= self.threshold[node]
                node = np.where(inner, np.where(below, self.left[node], self.right[node]), node)
            total += self.value[node]
        return total / len(self.roots)
