"""The contrasts' common histograms, learnt from the cases that teach a fold and from no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gliomanet.networks.input import brain_intensities
from gliomanet.networks.nyul import CommonHistogram


def learn_histograms(cases: pd.DataFrame, modalities: Sequence[str]) -> dict[str, CommonHistogram]:
    """Contrast → common histogram of the cases' brains, read one at a time.

    Args:
        cases: columns case_id, folder (of the preprocessed case): a fold's training cases, in an order of their own.
        modalities: contrasts of the model.

    Raises:
        ValueError: a contrast that no case has.
    """
    each: dict[str, list[CommonHistogram]] = {name: [] for name in modalities}
    for case_id, folder in zip(cases["case_id"], cases["folder"], strict=True):
        try:
            found = brain_intensities(str(case_id), Path(folder), modalities)
            of_case = {name: CommonHistogram.of_image(intensities) for name, intensities in found.items()}
        except ValueError:  # of reading, or of a contrast without a histogram
            continue  # `load_cases` refuses the same case, and says why
        for name, histogram in of_case.items():
            each[name].append(histogram)
    if absent := [name for name, histograms in each.items() if not histograms]:
        raise ValueError(
            f"no training case has a histogram of {', '.join(absent)} to learn from; choose other modalities for the "
            "model, or intensities as_preprocessed"
        )
    return {name: CommonHistogram.mean(histograms) for name, histograms in each.items()}
