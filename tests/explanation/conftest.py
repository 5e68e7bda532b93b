"""A small multi-centre study with planted truth: deep features, heads, radiomics, cases, splits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from gliomanet.labels.tasks import Task

TASKS = {"idh": Task(label="idh", classes={"wildtype": ["wildtype"], "mutant": ["mutant"]})}
CENTERS = {"A": "train", "B": "train", "X": "external", "Y": "external"}
SIGNALS = {"t1c_firstorder_Mean": 1.1, "flair_glcm_Contrast": -1.1, "t2_glszm_ZoneEntropy": 0.9}
SHORTCUT = "flair_firstorder_Mean"
FOLDS = 3
WIDTH = 12


@dataclass(frozen=True)
class Planted:
    deep: pd.DataFrame
    heads: dict
    radiomics: pd.DataFrame
    cases: pd.DataFrame
    splits: pd.DataFrame
    truth: pd.DataFrame
    tasks: dict[str, Task]


@pytest.fixture(scope="session")
def planted() -> Callable[..., Planted]:
    """A function of (seed, cases_per_center, strength) that simulates a study."""
    return simulate


def simulate(seed: int, cases_per_center: int = 80, strength: float = 1.0) -> Planted:
    rng = np.random.default_rng(seed)
    center = np.repeat(list(CENTERS), cases_per_center)
    case_id = np.array([f"{c}{i:03d}" for i, c in enumerate(center)])
    mutant = rng.random(center.size) < 0.4
    external = np.isin(center, ["X", "Y"])

    factors = rng.normal(size=(center.size, len(SIGNALS) + 1))
    for column, shift in enumerate(SIGNALS.values()):
        factors[:, column] += strength * shift * mutant
    factors[:, -1] += 2.0 * (mutant & (center == "A"))
    volume = np.exp(rng.normal(3, 0.6, center.size))

    radiomics = pd.DataFrame({"case_id": case_id, "region": "whole", "mask_shape_MeshVolume": volume})
    for column, name in enumerate([*SIGNALS, SHORTCUT]):
        radiomics[name] = np.exp(factors[:, column] + 0.4 * rng.normal(size=center.size))
    for index in range(20):
        radiomics[f"t2_gldm_Noise{index}"] = rng.normal(size=center.size)
    radiomics["t1c_glrlm_RunLengthNonUniformity"] = volume * np.exp(0.05 * rng.normal(size=center.size))

    fold_of = np.where(external, "", (rng.permutation(center.size) % FOLDS).astype(str))
    deep, splits, heads = [], [], {}
    inner = np.column_stack([factors, rng.normal(size=(center.size, 2)), np.log(volume)[:, None]])
    for fold in map(str, range(FOLDS)):
        mixing = rng.normal(size=(inner.shape[1], WIDTH)) * (rng.random((inner.shape[1], WIDTH)) < 0.35)
        z = inner @ mixing + 0.2 * rng.normal(size=(center.size, WIDTH))
        part = np.where(external, "external", np.where(fold_of == fold, "validation", "train"))
        model = LogisticRegression(C=1.0).fit(z[part == "train"], mutant[part == "train"])
        half = model.coef_[0] / 2
        bias = float(model.intercept_[0]) / 2
        heads[fold] = {"idh": (np.stack([-half, half]), np.array([-bias, bias]))}
        names = {"stage": "supervised", "scenario": "main", "fold": fold, "case_id": case_id, "task": "idh"}
        rows = pd.DataFrame({**names, **{f"z{j}": z[:, j] for j in range(WIDTH)}})
        deep.append(rows[part != "train"])
        splits.append(
            pd.DataFrame({"case_id": case_id, "center": center, "scenario": "main", "fold": fold, "part": part})
        )
    cases = pd.DataFrame({"case_id": case_id, "patient_id": case_id, "center": center})
    cases["idh"] = np.where(mutant, "mutant", "wildtype")
    truth = [(name, "whole", "idh", np.sign(shift), "signal", "") for name, shift in SIGNALS.items()]
    truth.append((SHORTCUT, "whole", "idh", 1, "shortcut", "A"))
    columns = ["feature", "region", "label", "direction", "kind", "center"]
    return Planted(
        pd.concat(deep), heads, radiomics, cases, pd.concat(splits), pd.DataFrame(truth, columns=columns), TASKS
    )
