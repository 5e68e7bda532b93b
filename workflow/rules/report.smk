# The page that a reader opens first.


rule write_report:
    input:
        cases=rules.collect_cohort.output.cases,
        audit=rules.audit_cohort.output.findings,
        splits=rules.collect_splits.output.splits,
        metrics=rules.evaluate.output.metrics,
        confusion=rules.evaluate.output.confusion,
        comparisons=rules.evaluate.output.comparisons,
        decoding=rules.evaluate.output.decoding,
        predictions=expand(
            str(rules.collect_predictions.output.predictions), model=MODELS
        ),
        calibration=(
            []
            if STUDY.prediction.calibration == "none"
            else expand(str(rules.fit_temperatures.output.table), model=MODELS)
        ),
        models=[
            f"{R}/models/{model}/{stage}/fold{fold}/model.json"
            for model in MODELS
            for stage in STUDY.stages_of(model)
            for fold in folds_of(model)
        ],
        folders=[] if STUDY.is_tabular else case_folders(*CENTERS),
        qc=qc_tables(*CENTERS),
        sheets=(
            []
            if STUDY.is_tabular
            else expand(str(rules.draw_quality.output.sheet), center=CENTERS)
        ),
        biomarkers=expand(str(rules.find_biomarkers.output.biomarkers), model=NETWORKS),
        recovery=(
            rules.evaluate_recovery.output.recovery if PHANTOMS and NETWORKS else []
        ),
        segmentation=rules.evaluate_segmentations.output.figures if SEGMENTING else [],
        pseudo_labels=pseudo_label_tables(),
        label_accuracy=label_accuracy,
        modality_subsets=rules.evaluate_subsets.output if SUBSET_MODELS else [],
        # No Python, so no part of the code's digest: inputs, that an edit of them renews the page.
        templates=sorted((ROOT / "src/gliomanet/reporting/templates").rglob("*.*")),
    output:
        page=report(
            f"{R}/report/index.html",
            caption="../report/page.rst",
            category="Report",
            labels={"page": "the study"},
        ),
        forest=report(
            f"{R}/figures/mcc_forest.svg",
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "MCC by task, model and centre"},
        ),
        confusion=report(
            f"{R}/figures/confusion.svg",
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "confusion matrices, drawn"},
        ),
        biomarkers=report(
            f"{R}/figures/biomarkers.svg",
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "forest plot"},
        ),
    log:
        f"{R}/logs/write_report.log",
    conda:
        "../../envs/reporting.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_of("write_report.py"),
        study=WHOLE_STUDY,
        results=R,
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
