"""Ratio maps: the logarithm of the ratio of two modalities of one case, voxel by voxel, as input channels of a network.

A scanner's gain multiplies a whole image, so that each modality over its brain's median is free of it; what is left of
a smooth field that both share cancels in the ratio. Ratios of preprocessed intensities would be none: a z-score may be
negative. So the intensities before normalisation are made again, from the offset and scale that preprocessing recorded.

Ratios of two contrasts are old: T1w/T2w as a map of myelin (Glasser and Van Essen, Journal of Neuroscience 31:11597,
2011, 10.1523/JNEUROSCI.2180-11.2011). In tables of radiomic features, ratios carried across centres.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gliomanet.errors import CaseError, Problem
from gliomanet.files.reading_back import read_written_json
from gliomanet.modalities import ratio_of

RECORD = "preprocess.json"
LEAST = 0.1
"""Of a modality's median: darker voxels are put to it, so that noise in dark ones makes no extreme ratios."""

Volume = NDArray[np.float32]


def ratio_maps_of(
    case_id: str, folder: Path, names: Sequence[str], volumes: Mapping[str, Volume], brain: NDArray[np.bool_]
) -> dict[str, Volume]:
    """The ratio maps that a case has: those of which it has both modalities.

    Args:
        case_id: for messages.
        folder: the case's folder of `results/preprocessed`, with its record.
        names: ratios, such as `t1c/t1`.
        volumes: modality → preprocessed intensities (D, H, W).
        brain: (D, H, W).

    Returns:
        Name → float32 (D, H, W), see `log_ratio`. One is left out, and printed, where a modality's intensities are none
        of which a ratio can be taken (images that were z-scored before they came here).

    Raises:
        CaseError: the record says nothing of a modality's intensities.
        ProblemError: the record is damaged.
    """
    found = {}
    for name in names:
        over, under = ratio_of(name)
        if over not in volumes or under not in volumes:
            continue
        shares = [_over_median(case_id, folder, one, volumes[one], brain) for one in (over, under)]
        if shares[0] is None or shares[1] is None:
            dark = over if shares[0] is None else under
            why = f"the median of {dark} in the brain is not positive, and a ratio needs positive intensities"
            print(f"case {case_id}: without its ratio map {name}: {why}", flush=True)
            continue
        found[name] = log_ratio(shares[0], shares[1], brain)
    return found


def log_ratio(over: Volume, under: Volume, brain: NDArray[np.bool_]) -> Volume:
    """log(over / under) inside the brain, both put to `LEAST` at least; 0 outside it, and where either is NaN."""
    with np.errstate(invalid="ignore"):
        ratio = np.log(np.maximum(over, LEAST)) - np.log(np.maximum(under, LEAST))
    return np.where(brain & np.isfinite(ratio), ratio, 0).astype(np.float32)


def kept_ratios(modalities: Sequence[str], names: Sequence[str]) -> list[tuple[int, int]]:
    """For each ratio map the places of its two modalities: it is there only where both are."""
    order = list(modalities)
    return [(order.index(over), order.index(under)) for over, under in map(ratio_of, names)]


def _over_median(case_id: str, folder: Path, modality: str, volume: Volume, brain: NDArray[np.bool_]) -> Volume | None:
    """The intensities before normalisation, over their median in the brain; NaN where the modality has none.

    `None` where the median is not positive.
    """
    record = read_written_json(folder / RECORD, delete=folder).get("intensities", {}).get(modality)
    if record is None:
        found = f"says nothing of the intensities of {modality}, which a ratio map needs"
        action, file = "preprocess the case again", str(folder / RECORD)
        raise CaseError(Problem(found, action, file=file, case=case_id, rule="no_intensities"))
    seen = brain & (volume != 0)  # a modality that does not cover the whole brain is 0 beyond
    raw = volume * np.float32(record["scale"]) + np.float32(record["offset"])
    median = float(np.median(raw[seen])) if seen.any() else 0.0
    return np.where(seen, raw / np.float32(median), np.float32(np.nan)) if median > 0 else None
