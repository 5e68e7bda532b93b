"""Patients with a known survival, one row each, and the groups that they are of."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.labels.who import integrated_type

MONTH = 365.25 / 12
"""Days of a month."""

_AGE_BANDS = ((50.0, "≤50"), (60.0, "50–60"), (70.0, "60–70"), (np.inf, ">70"))
_VOLUME = re.compile(r"[^_]+_shape_(?:VoxelVolume|MeshVolume)")  # in mm³
_WHOLE = "whole"


def survival_patients(outcomes: pd.DataFrame, volumes: pd.DataFrame) -> pd.DataFrame:
    """One row per patient whose days and their end are both known.

    Of several scans the first before treatment stands for the patient: survival is counted from then.

    Args:
        outcomes: rows of `OUTCOMES`, of any number of centres.
        volumes: center, case_id, `tumour_volume_ml`, see `tumour_volumes`.

    Returns:
        The columns of `outcomes`, with `months` and `died` (bool) in the place of days and event, and
        `tumour_volume_ml`, `idh_group`, `type` (both "" where unknown) and `age_band`; sorted by centre and patient.
    """
    known = outcomes[outcomes["os_days"].notna() & outcomes["os_event"].ne("")]
    known = known[known["scan"].isin(["", "baseline"])].sort_values(["center", "patient_id", "case_id"])
    patients = known.drop_duplicates(["center", "patient_id"]).merge(
        volumes[["center", "case_id", "tumour_volume_ml"]], on=["center", "case_id"], how="left"
    )
    labels = zip(*(patients[label] for label in ("idh", "codel_1p19q", "grade")), strict=True)
    return patients.assign(
        months=patients["os_days"].astype(float) / MONTH,
        died=patients["os_event"].eq("1"),
        idh_group=patients["idh"].map({"wildtype": "IDH-wildtype", "mutant": "IDH-mutant"}).fillna(""),
        type=[integrated_type(*of_patient) for of_patient in labels],
        age_band=[age_band(age) for age in patients["age"].astype(float)],
    ).reset_index(drop=True)


def further_labels_in(patients: pd.DataFrame) -> list[str]:
    """The study's further labels among the columns of a table: it says itself what a label is, by `<label>_source`."""
    labels = [str(column).removesuffix("_source") for column in patients.columns if str(column).endswith("_source")]
    return [label for label in labels if label not in VOCABULARY]


def age_band(age: float) -> str:
    """The band of an age in years, its upper end in it; "" where unknown.

    >>> age_band(50), age_band(50.5), age_band(71)
    ('≤50', '50–60', '>70')
    """
    return "" if np.isnan(age) else next(name for end, name in _AGE_BANDS if age <= end)


def tumour_volumes(center: str, table: pd.DataFrame) -> pd.DataFrame:
    """Volumes of a centre's tumours in ml.

    Args:
        center: the centre.
        table: its image quality, or its radiomic features, of which the shape of the whole tumour tells the volume.

    Returns:
        center, case_id, tumour_volume_ml (NaN where unknown); a row per case.
    """
    if "tumour_volume_ml" in table:
        found = table[["case_id", "tumour_volume_ml"]]
    else:
        whole = table[table["region"] == _WHOLE]
        column = next(iter(sorted(filter(_VOLUME.fullmatch, map(str, whole.columns)), key=_voxels_first)), None)
        volume = whole[column] / 1000 if column else np.nan
        found = pd.DataFrame({"case_id": whole["case_id"], "tumour_volume_ml": volume})
    return found.assign(center=center)[["center", "case_id", "tumour_volume_ml"]].drop_duplicates(["case_id"])


def _voxels_first(column: str) -> tuple[bool, str]:
    return not column.endswith("VoxelVolume"), column


def left_out(outcomes: pd.DataFrame) -> dict[str, int]:
    """Centre → patients that tell nothing: days or their end unknown."""
    whole = outcomes["os_days"].notna() & outcomes["os_event"].ne("")
    lost: dict[str, int] = {}
    for center, cases in outcomes.assign(whole=whole).groupby("center", sort=False):
        lost[str(center)] = int((~cases.groupby("patient_id")["whole"].any()).sum())
    return lost


def listed(names: Iterable[str]) -> list[str]:
    """Names in their order, each once, without the empty one."""
    return [name for name in dict.fromkeys(names) if name]
