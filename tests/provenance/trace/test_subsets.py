"""A figure of a subset of modalities stands on the predictions with that subset."""

from __future__ import annotations

import shutil
from itertools import combinations

import pandas as pd

from gliomanet.evaluation.analyses.modality_subsets import evaluate_subsets
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.step import Trace
from gliomanet.provenance.trace.trace import trace
from gliomanet.tables.evaluation import MODALITY_SUBSETS
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import SUBSET_PREDICTIONS

IMAGES = ("t1", "t1c")


def test_a_subset_s_figure_names_the_predictions_with_it(made, tmp_path):
    results = shutil.copytree(made, tmp_path / "results")
    every = read_table(results / "predictions/net.tsv")
    every = every[(every["fold"] == "ensemble") | (every["role"] == "validation")]
    names = ["+".join(some) for size in (1, 2) for some in combinations(IMAGES, size)]
    rows = pd.concat([every.assign(subset=name) for name in names])[SUBSET_PREDICTIONS.names()]
    for center, some in rows.groupby("center"):
        write_table(some, results / f"modality_subsets/net/{center}.tsv.gz", SUBSET_PREDICTIONS)
    study = FinishedStudy.find(results)
    study.record.study["models"]["net"]["modalities"] = list(IMAGES)
    stored = study.tables([study.layout.subset_predictions("net", center) for center in "AX"])
    done = evaluate_subsets(
        stored, study.cases, study.tasks, study.evaluation, study.record.evaluation_seed, modalities={"net": IMAGES}
    )
    write_table(done.subsets, study.layout.evaluation("modality_subsets"), MODALITY_SUBSETS)
    found = trace(study, ["modality_subsets", "net", "X", "idh", "mcc", "subset=t1c"])
    assert isinstance(found, Trace)
    predictions = next(step for step in found.steps if step.title == "Predictions")
    assert predictions.files == (results / "modality_subsets/net/X.tsv.gz",)
    assert set(predictions.table["subset"]) == {"t1c"}
    assert len(predictions.table) == 16
    assert found.steps[1].facts["result"] == "equal to the stored row"
