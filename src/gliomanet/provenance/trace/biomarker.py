"""From a row of a biomarkers' table back to the centres' effects, deep features, radiomic features and fits."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gliomanet.config.analysis import Explanation
from gliomanet.explanation.biomarkers import center_effects, class_indices
from gliomanet.explanation.features import Radiomics, centers_of, with_log_shape
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.figure import stored_step
from gliomanet.provenance.trace.find import Found
from gliomanet.provenance.trace.fits import code_step, fits_step, logs_step
from gliomanet.provenance.trace.step import Step, cell
from gliomanet.stages import stage_order


def biomarker_steps(study: FinishedStudy, found: Found) -> list[Step]:
    """The steps from a linked radiomic feature to what it was computed from."""
    row, model = found.row, found.row["model"]
    centers = list(centers_of(study.splits, row["scenario"]))
    stages = {one.stage for one in study.fits.values() if one.model == model}
    stage = max(stages, key=stage_order, default="")
    folds = list(dict.fromkeys(one.rpartition(":")[0] for one in row["deep_features"].split(",") if one.strip()))
    deep = pd.DataFrame(
        [
            {"fold": fold.strip(), "deep_feature": name}
            for fold, _, name in (one.strip().rpartition(":") for one in row["deep_features"].split(","))
            if name
        ]
    )
    heads = [study.layout.model(model, stage, fold.strip()).heads for fold in folds]
    features = [study.layout.deep_features(model, center) for center in centers]
    explained = (study.layout.shap_values(model), study.layout.links(model))
    # A network's deep features are numbered; a model without any is explained by its inputs.
    is_deep = all(name.removeprefix("z").isdigit() for name in deep.get("deep_feature", ()))
    there = tuple(path for path in (*explained, *(heads + features if is_deep else ())) if path.is_file())
    of_features = "import_features" if study.qc is None else "collect_radiomics"
    logs = [("find_biomarkers", model), ("explain_model", model), *((of_features, center) for center in centers)]
    return [
        stored_step(found),
        _effects_step(study, row, centers),
        Step(f"{'Deep features' if is_deep else 'Inputs'} that it is linked to", there, {"stage": stage}, deep),
        fits_step(study, [(model, stage, fold.strip()) for fold in folds], row["task"]),
        code_step(study, [model]),
        logs_step(study, logs),
    ]


def _effects_step(study: FinishedStudy, row: dict[Any, Any], centers: list[str]) -> Step:
    """Each centre's effect, computed again now from its radiomic features and labels."""
    settings: dict[str, Any] = study.record.study["explanation"]
    known = {key: value for key, value in settings.items() if key in Explanation.model_fields}
    paths = [study.layout.radiomics(center) for center in centers]
    # A shape on a logarithmic scale is in no file: models and biomarkers derive it from what is.
    tables = [with_log_shape(study.table(path))[["case_id", "region", row["feature"]]] for path in paths]
    matrix = Radiomics.of(pd.concat(tables, ignore_index=True))
    task = study.tasks[row["task"]]
    labels = class_indices(study.cases[study.cases["center"].isin(centers)], {row["task"]: task})[row["task"]]
    key, members = (row["region"], row["feature"]), centers_of(study.splits, row["scenario"])
    last = len(task.class_names) - 1
    effects = center_effects(matrix, key, labels, last, members, Explanation.model_validate(known))
    rows, differs = [], False
    for center in centers:
        stored = cell(row.get(f"effect_{center}"))
        effect = effects.get(center)
        now = "" if effect is None else cell(effect.effect)
        differs |= stored != now
        counts = {} if effect is None else {"n": effect.n, "n_positive": effect.n_positive}
        rows.append({"center": center, "stored": stored, "now": now, **counts})
    said = "DIFFERS from the stored row" if differs else "equal to the stored row"
    return Step(
        "Effects computed again now, from radiomic features and labels",
        tuple(paths),
        {"result": said},
        pd.DataFrame(rows),
        differs,
    )
