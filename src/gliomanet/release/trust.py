"""The training cases of a finished study as a patient is held beside them: their look, deep and radiomic features."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gliomanet.imaging.record import NAME as RECORD
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.patient.trust.features import feature_columns, feature_vectors
from gliomanet.patient.trust.look import look_of_case
from gliomanet.patient.trust.reference import TrustReference
from gliomanet.prediction.tabular import load_tabular_model
from gliomanet.release.chosen import Chosen
from gliomanet.release.measures import measured_features
from gliomanet.seeds import derive_seed
from gliomanet.tables.io import read_table

MOST_CASES = 600
"""Training cases whose look is measured; of more, as many are drawn. Quantiles of 600 are sharp enough, and every
case is read from disk."""


def trust_reference(chosen: Chosen) -> TrustReference:
    """Measure what a patient is held beside, in what the study left on disk.

    Cases whose preprocessed images are no longer there are left out; where too few are left, the reference says so.
    """
    splits = chosen.finished.splits
    splits = splits[splits["scenario"] == chosen.scenario.name]
    splits = splits[splits["part"].isin(["train", "validation"])]
    return TrustReference.fit(
        _looks(chosen, splits), splits, _deep_features(chosen), features=_radiomic_features(chosen)
    )


def _looks(chosen: Chosen, splits: pd.DataFrame) -> pd.DataFrame:
    keys = splits[["center", "case_id"]].drop_duplicates().reset_index(drop=True)
    layout = chosen.finished.layout
    folders = [layout.case(center, case_id) for center, case_id in keys.itertuples(index=False)]
    there = np.flatnonzero([(folder / RECORD).is_file() for folder in folders])
    if len(there) > MOST_CASES:
        rng = np.random.default_rng(derive_seed(chosen.study.seed, "trust"))
        there = np.sort(rng.choice(there, MOST_CASES, replace=False))
    spacing = chosen.study.preprocessing.spacing_mm
    rows = [{**keys.iloc[place].to_dict(), **look_of_case(folders[place], spacing)} for place in there]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["center", "case_id"])


def _deep_features(chosen: Chosen) -> dict[str, pd.DataFrame]:
    """Model → deep features of the training cases by the fits that travel."""
    found = {}
    for model, of in chosen.models.items():
        tables = []
        for center in chosen.scenario.train:
            path = chosen.finished.layout.deep_features(model, center)
            if path.is_file():
                table = read_table(path)
                own = (table["stage"] == of.stage) & (table["scenario"] == chosen.scenario.name)
                tables.append(table[own & table["fold"].isin(of.folds)].assign(center=center))
        rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
        if len(rows):
            found[model] = rows
    return found


def _radiomic_features(chosen: Chosen) -> dict[str, pd.DataFrame]:
    """Model → radiomic features of the training cases that its fits take; the answering model and its members."""
    taken = {}
    for model in (*chosen.members, chosen.model):
        of = chosen.models[model]
        if of.kind not in IMAGE_KINDS and not of.members:
            folders = [chosen.finished.layout.model(model, of.stage, fold).folder for fold in of.fits]
            columns = dict.fromkeys(name for folder in folders for name in load_tabular_model(folder).columns)
            taken[model] = feature_columns(list(columns))
    tables = measured_features(chosen, chosen.scenario.train) if any(taken.values()) else {}
    return {
        model: pd.concat(
            [feature_vectors(table, columns).reset_index().assign(center=center) for center, table in tables.items()],
            ignore_index=True,
        )
        for model, columns in taken.items()
        if columns and tables
    }
