"""Confusion matrices as they might have been: draws from their posterior, one row a true class.

Of a class with n cases, k of which are called right, the share called right is drawn from Beta(k + ½, n − k + ½); the
rest goes to the other classes as a Dirichlet draw over their counts, with ½ shared among them. The classes' sizes stay
as they are. Resampled cases cannot do this: of 8 cases that are all right, each resample is all right, too.

Source: Brown, Cai & DasGupta, Stat Sci 16:101 (2001), 10.1214/ss/1009213286, for one share.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def drawn_counts(
    truth: Integers, called: Integers, patients: Integers, classes: int, draws: int, generator: np.random.Generator
) -> Floats:
    """Confusion matrices of one decision: the cases' own in front, and draws of it.

    Args:
        truth: class index of each case (cases,).
        called: class index that it is called (cases,).
        patients: number of its patient (cases,), from 0 on; see `design_effects`.
        classes: number of classes K.
        draws: number of draws.
        generator: source of the draws.

    Returns:
        Counts (K truth, K called, 1 + draws); a class without cases has zeros.
    """
    return _drawn(truth, called, patients, _prior(classes), draws, generator)


def drawn_pairs(
    truth: Integers,
    first: Integers,
    second: Integers,
    patients: Integers,
    classes: int,
    draws: int,
    generator: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Confusion matrices of two decisions on the same cases, drawn together.

    What is drawn of each true class is the table of both decisions (K × K cells), so that the two matrices of a draw
    differ by the cases on which they differ. The prior of a cell is the product of both decisions', so that each
    decision by itself is drawn as by `drawn_counts`.

    Returns:
        Two of what `drawn_counts` returns; those of the decisions turned round are the same turned round. The order of
        the cases changes nothing: which decision is drawn first is decided by their counts.
    """
    counts = np.zeros((classes, classes, classes), dtype=np.int64)
    np.add.at(counts, (truth, first, second), 1)
    turned = counts.transpose(0, 2, 1)
    if counts.tolist() > turned.tolist():
        return drawn_pairs(truth, second, first, patients, classes, draws, generator)[::-1]
    prior = _prior(classes)
    both = np.einsum("kf,ks->kfs", prior, prior).reshape(classes, classes * classes)
    drawn = _drawn(truth, first * classes + second, patients, both, draws, generator)
    cells = drawn.reshape(classes, classes, classes, -1)
    one, other = np.asarray(cells.sum(2)), np.asarray(cells.sum(1))
    if np.array_equal(counts, turned):  # neither is the first: the second half of the draws is the first, turned round
        half = draws // 2
        one, other = (
            np.concatenate([a[..., : half + 1], b[..., 1 : half + 1], one[..., 2 * half + 1 :]], axis=2)
            for a, b in ((one, other), (other, one))
        )
    return one, other


def share_interval(found: NDArray[np.bool_], patients: Integers, confidence: float) -> tuple[float, float]:
    """Interval of a share of cases: quantiles of Beta(k + ½, n − k + ½), widened to hold 0 or 1 where it is.

    Args:
        found: whether a case counts (cases,).
        patients: number of its patient (cases,), from 0 on.
        confidence: of the interval.
    """
    row, k, n = np.zeros(found.size, dtype=np.int64), int(found.sum()), found.size
    effect = design_effects(row, found.astype(np.int64), patients, 1, 2)[0]
    shape = k / effect + 0.5, (n - k) / effect + 0.5
    low, high = (float(betaincinv(*shape, (1 + side * confidence) / 2)) for side in (-1, 1))
    return (0.0 if k == 0 else low), (1.0 if k == n else high)


def design_effects(row: Integers, cell: Integers, patients: Integers, rows: int, cells: int) -> Floats:
    """Number of cases that count as one, for each row of a table of counts: 1 where no patient has two of its cases.

    The variance of the row's shares between patients over that of as many independent cases (Rao and Scott's
    first-order correction), between 1 and the value if a patient's cases always agreed. The latter is taken where all
    cases of the row are in one cell, or of one patient: nothing shows that they would ever differ.

    Args:
        row: row of each case, its true class (cases,).
        cell: cell within the row (cases,).
        patients: number of each case's patient (cases,), from 0 on.
        rows: number of rows.
        cells: number of cells of a row.

    Returns:
        One for each row (rows,).

    Source: Rao & Scott, J Am Stat Assoc 76:221 (1981).
    """
    effect = np.ones(rows)
    for k in range(rows):
        _, patient = np.unique(patients[row == k], return_inverse=True)
        size = np.bincount(patient)
        n = patient.size
        if size.size == n:
            continue
        most = float((size**2).sum() / n)
        of_patient = np.zeros((size.size, cells))
        np.add.at(of_patient, (patient, cell[row == k]), 1.0)
        share = of_patient.sum(0) / n
        used = share > 0
        if used.sum() == 1 or size.size == 1:
            effect[k] = most
            continue
        gaps = of_patient[:, used] - size[:, None] * share[used]
        variance = (gaps**2).sum(0) / n**2 * size.size / (size.size - 1)
        effect[k] = np.clip((variance * n / share[used]).sum() / (used.sum() - 1), 1.0, most)
    return effect


def _prior(classes: int) -> Floats:
    """Cases that each cell has before any is seen (K, K): ½ on the diagonal, ½ over the rest of the row."""
    prior = np.full((classes, classes), 0.5 / max(1, classes - 1))
    np.fill_diagonal(prior, 0.5)
    return prior


def _drawn(
    row: Integers, cell: Integers, patients: Integers, prior: Floats, draws: int, generator: np.random.Generator
) -> Floats:
    """Counts (rows, cells, 1 + draws) of a table whose rows keep their sums."""
    rows, cells = prior.shape
    counts = np.bincount(row * cells + cell, minlength=rows * cells).reshape(rows, cells).astype(np.float64)
    effective = counts / design_effects(row, cell, patients, rows, cells)[:, None]
    shares = generator.standard_gamma((effective + prior)[:, :, None], (rows, cells, draws))
    shares /= shares.sum(1, keepdims=True)
    return np.concatenate([counts[:, :, None], counts.sum(1)[:, None, None] * shares], axis=2)
