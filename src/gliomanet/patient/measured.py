"""A patient's radiomic features as the study's models take them, and beside the study's distributions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gliomanet.bundle.read import Bundle
from gliomanet.config.analysis import Radiomics
from gliomanet.patient.result import Feature, Reference
from gliomanet.radiomics.extract import extract_case
from gliomanet.radiomics.ratios import LEAST, says_nothing, with_ratios
from gliomanet.radiomics.table import KEYS, wide_features
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import write_table


def measure(case: Path, case_id: str, bundle: Bundle, kept: Path) -> tuple[pd.DataFrame, list[str]]:
    """The features of a preprocessed case with a tumour mask, and the reasons that some are missing.

    Args:
        case: its folder.
        case_id: written into the row.
        bundle: whose settings are taken.
        kept: file for the features as a study keeps them, a row per region of the mask.

    Returns:
        One row: `case_id` and features, ratios among them, under the names that the study's models know; no row without
        a usable mask.
    """
    features, notes = extract_case(case, case_id, Radiomics.model_validate(bundle.description.radiomics))
    if features.empty:
        return pd.DataFrame(columns=["case_id"]), notes
    measured = with_ratios(features).astype(dict.fromkeys(KEYS, str))
    write_table(measured, kept, RADIOMICS, exact=True)
    known = under_known_names(wide_features(measured), bundle.references.features)
    shown = [name for name in bundle.references.shown() if name in known]
    if void := [name for name in shown if says_nothing(known, name)]:
        notes.append(f"not shown: {', '.join(void)}: neither contrast lies above {LEAST:g}, the least of a ratio")
    return known, notes


def under_known_names(features: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    """The features, and the mask's shape once more under every modality's name that the study's tables gave it.

    Tables of other extractors measure the mask's shape once a modality: `t1c_shape_Sphericity` is ours
    `mask_shape_Sphericity`.
    """
    added = {
        name: features[own]
        for name in known
        if name not in features
        and "_shape_" in name
        and (own := f"mask_shape_{name.partition('_shape_')[2]}") in features
    }
    return pd.concat([features, pd.DataFrame(added, index=features.index)], axis=1) if added else features


def beside_study(features: pd.DataFrame, bundle: Bundle) -> tuple[Feature, ...]:
    """The kept biomarkers and ratios of a case that say something, each with the study's distributions."""
    if features.empty:
        return ()
    references, row = bundle.references, features.iloc[0]
    found = []
    for name in references.shown():
        if name not in features or pd.isna(row[name]) or says_nothing(features, name):
            continue
        groups = tuple(
            Reference(
                task=group.task,
                label=group.label,
                center=group.center,
                n=n,
                quantiles=None if quantiles is None else tuple(quantiles),
            )
            for group, n, quantiles in references.beside(name)
        )
        tasks = tuple(task for task, names in references.biomarkers.items() if name in names)
        found.append(Feature(feature=name, value=float(row[name]), biomarker_of=tasks, references=groups))
    return tuple(found)
