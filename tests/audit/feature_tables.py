"""Good feature tables of two centres, which every test copies and spoils."""

from __future__ import annotations

import numpy as np
import pandas as pd

MODALITIES = ("t1c", "flair")
NAMES = ("Entropy", "Range", "Mean", "Uniformity")
TEXTURES = tuple(f"Texture{index}" for index in range(14))


def good_features(seed: int = 0, cases: int = 40) -> pd.DataFrame:
    """Cases × features as measured in images of some 40 grey levels, in the contract's names."""
    rng = np.random.default_rng(seed)
    volume = np.exp(rng.normal(10.5, 0.6, cases))
    columns = {
        "mask_shape_MeshVolume": volume,
        "mask_shape_VoxelVolume": volume * (1 + 0.01 * rng.random(cases)),
        "mask_shape_SurfaceArea": volume ** (2 / 3) * (6 + rng.random(cases)),
        "mask_shape_Maximum3DDiameter": volume ** (1 / 3) * (2 + 0.2 * rng.random(cases)),
        "mask_shape_Sphericity": 0.4 + 0.3 * rng.random(cases),
    }
    for modality in MODALITIES:
        columns |= {
            f"{modality}_firstorder_Entropy": 3.5 + 0.5 * rng.normal(size=cases),
            f"{modality}_firstorder_Range": 10 + rng.random(cases),
            f"{modality}_firstorder_Mean": 2 + 0.5 * rng.normal(size=cases),
            f"{modality}_firstorder_Uniformity": 0.05 + 0.1 * rng.random(cases),
        }
        columns |= {f"{modality}_glcm_{name}": rng.normal(size=cases) for name in TEXTURES}
    return pd.DataFrame(columns, index=pd.Index([f"c{i:02d}" for i in range(cases)], name="case_id"))


def one_grey_level(table: pd.DataFrame) -> pd.DataFrame:
    """The same as measured with bins wider than every intensity: half of the texture constant, half the mask's."""
    flat = table.copy()
    for modality in MODALITIES:
        flat[f"{modality}_firstorder_Entropy"] = -3.2e-16
        flat[f"{modality}_firstorder_Uniformity"] = 1.0
        for place, name in enumerate(TEXTURES):
            own = table["mask_shape_MeshVolume"] * (1 + np.sin(np.arange(len(table)) * (place + 1)))
            flat[f"{modality}_glcm_{name}"] = own if place % 2 else 0.25
    return flat
