"""Tumour mask codes: what collections write, brought to one meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gliomanet.errors import CaseError, Problem
from gliomanet.imaging.volume import Volume

CODES = {1: "core or necrosis", 2: "oedema", 4: "enhancing"}


def harmonize_codes(mask: Volume, case_id: str, path: Path) -> tuple[Volume, str]:
    """A tumour mask in the codes 0, 1 (core, necrosis, non-enhancing), 2 (oedema), 4 (enhancing), and what was done.

    Accepted: {1, 2, 4} (BraTS 2017 to 2021) as it is; {1, 2, 3} without a 4 (BraTS 2023 and later): 3 becomes 4;
    {1, 2, 3, 4} (BraTS 2012 to 2016: 3 is the non-enhancing core): 3 becomes 1; {1} alone (binary)
    stays 1, so that regions of oedema or of enhancement are empty there; any subset of these; 0 alone (an empty mask).
    A BraTS 2013 mask without any enhancing voxel cannot be told from a BraTS 2023 one by its codes, and reads as such.

    Raises:
        CaseError: another code.
    """
    codes = {int(code) for code in np.unique(mask.array)}
    if codes - {0, 1, 2, 3, 4}:
        found = f"holds the codes {sorted(codes)}; allowed: 1, 2, 4 or 1, 2, 3 or 1, 2, 3, 4 (BraTS 2013) or 1 alone"
        raise CaseError(
            Problem(found, "recode it", image="tumour_mask", file=str(path), case=case_id, rule="unknown_mask_codes")
        )
    if 3 not in codes:
        return mask, "codes kept" if codes - {0, 1} else "binary, kept as 1" if 1 in codes else "empty"
    target, why = (1, "3 → 1, non-enhancing core") if 4 in codes else (4, "3 → 4, enhancing")
    return mask.with_array(np.where(mask.array == 3, target, mask.array).astype(np.uint8)), why
