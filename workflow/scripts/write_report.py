"""Write the page that a reader opens first, and its figures as files."""

from pathlib import Path

import pandas as pd
from prologue import snakemake

from gliomanet.layout import Layout
from gliomanet.reporting.study.figures.save import save_figures
from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.sections.notes import identical_task_notes, model_notes
from gliomanet.reporting.study.sections.versions import gathered_versions
from gliomanet.tables.io import read_table, read_tables

inputs, params = snakemake.input, snakemake.params
biomarkers = dict(zip(params.networks, map(read_table, inputs.biomarkers), strict=True))
pseudo_labels = [
    read_table(path).assign(model=fit.model, stage=fit.stage, fold=fit.fold)
    for path in inputs.pseudo_labels
    for fit in [Layout(params.results).parse(path)]
]
predictions = dict(zip(params.models, map(read_table, inputs.predictions), strict=True))
scores = {name: read_table(inputs[name]) for name in ("metrics", "confusion", "comparisons", "decoding")}
modalities = {Path(path).stem: read_table(path) for path in inputs.modality_subsets}
write_report(
    Path(snakemake.output.page),
    study=params.study,
    cases=read_table(inputs.cases),
    findings=read_table(inputs.audit),
    notes=[*model_notes([*map(Path, inputs.models)]), *identical_task_notes(predictions)],
    splits=read_table(inputs.splits),
    **scores,
    **modalities,
    qc=read_tables(inputs.qc) if inputs.qc else None,
    sheets={Path(path).stem: Path(path) for path in inputs.sheets},
    biomarkers=biomarkers,
    recovery=read_table(inputs.recovery) if inputs.recovery else None,
    pseudo_labels=pd.concat(pseudo_labels, ignore_index=True) if pseudo_labels else None,
    label_accuracy=read_table(inputs.label_accuracy) if inputs.label_accuracy else None,
    predictions=predictions,
    calibration=read_tables(inputs.calibration) if inputs.calibration else None,
    segmentation=read_table(inputs.segmentation) if inputs.segmentation else None,
    versions=gathered_versions(
        [*map(Path, inputs.models), *(Path(folder) / "preprocess.json" for folder in inputs.folders)]
    ),
)
save_figures(Path(snakemake.output.forest).parent, scores["metrics"], scores["confusion"], biomarkers)
