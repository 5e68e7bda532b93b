"""The rows that a hospital sent, taken as a study's own fold predictions: of these very fits, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.cohort.site_export import WHERE, SiteExport, digest_of
from gliomanet.errors import CohortError, Problem
from gliomanet.models.artifact import MODEL_FILE, ModelDescription
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.tables.prediction import CASE, FOLD_PREDICTIONS
from gliomanet.tables.site import SITE_PREDICTIONS

ANOTHER = "have the hospital predict its cases with a bundle of this study as it is now, and export them anew"


@dataclass(frozen=True)
class Fit:
    """One trained model of the study, by which a centre is predicted."""

    stage: str
    scenario: str
    fold: str
    folder: str

    @property
    def digest(self) -> str:
        """Digest of everything that the fit depends on."""
        return ModelDescription.read(Path(self.folder) / MODEL_FILE).digest


def taken_predictions(
    export: SiteExport,
    *,
    model: str,
    center: str,
    fits: Sequence[Fit],
    ensemble: EnsembleDescription,
    splits: pd.DataFrame,
    shuffled: bool = False,
) -> pd.DataFrame:
    """The rows of a model in a hospital's folder, as the study would have made them of its cases.

    Args:
        export: the folder.
        model: of the study; one that the hospital's bundle did not have has no rows.
        center: name of the centre.
        fits: the study's own fits that would predict it.
        ensemble: the study's own description of the model's decisions.
        splits: rows of `SPLITS` with the centre's cases.
        shuffled: true in a study whose labels are dealt anew: its fits are others, and the hospital has none of them.

    Returns:
        Rows of `FOLD_PREDICTIONS`.

    Raises:
        CohortError: it was predicted by other fits than the study's, or says other cases than its splits.
    """
    told = export.description
    if shuffled or model not in told.fits:
        why = "labels are dealt anew" if shuffled else "the bundle at the hospital has no such model"
        print(f"no rows of {model} at {center}: {why}", flush=True)
        return pd.DataFrame(columns=FOLD_PREDICTIONS.names())
    stage = told.stages[model]
    own = {fit.fold: fit for fit in fits if (fit.stage, fit.scenario) == (stage, told.scenario)}
    if problem := _other_fits(export, model, own, ensemble):
        raise CohortError([problem.at(center=center, file=str(export.folder))], where=WHERE)
    sent = export.table(SITE_PREDICTIONS)
    sent = sent[sent["model"] == model]
    known = set(splits.loc[splits["center"].astype(str) == center, "case_id"].astype(str))
    if foreign := sorted(set(sent["row_key"]) - known):
        found = f"its table of predictions has {len(foreign)} cases that are none of its labels', such as {foreign[0]}"
        problem = Problem(found, ANOTHER, file=str(export.folder), center=center, rule="case_of_no_label")
        raise CohortError([problem], where=WHERE)
    rows = sent.rename(columns={"row_key": "case_id"}).assign(
        stage=stage, scenario=told.scenario, role="external", center=center, pass_std=np.nan
    )
    return rows[FOLD_PREDICTIONS.names()].sort_values([*CASE, "class"], kind="stable", ignore_index=True)


def _other_fits(export: SiteExport, model: str, own: dict[str, Fit], ensemble: EnsembleDescription) -> Problem | None:
    """The first way in which the hospital's models are not the study's."""
    told = export.description
    stage, sent = told.stages[model], told.fits[model]
    if not own or set(own) != set(sent):
        found = (
            f"it was predicted by {model} of stage {stage}, scenario {told.scenario}, folds {', '.join(sent)}; the "
            f"study's own folds of these are {', '.join(own) or 'none'}"
        )
        return Problem(found, ANOTHER, rule="folds_of_another_study")
    others = [fold for fold, fit in own.items() if fit.digest != sent[fold]]
    if others:
        found = f"{model}, fold {', '.join(others)}: the hospital's bundle has another fit than this study"
        return Problem(found, ANOTHER, rule="fit_of_another_study")
    if model == told.model:
        decided = digest_of(ensemble.of(stage, told.scenario).model_dump(mode="json"))
        if decided != told.decisions:
            found = f"{model}: thresholds and prediction sets of the hospital's bundle are not this study's"
            return Problem(found, ANOTHER, rule="decisions_of_another_study")
    return None
