# The page that a reader opens first, and the record of what the results were made with.


rule write_report:
    input:
        cases=rules.collect_cohort.output.cases,
        audit=rules.audit_cohort.output.findings,
        features=rules.audit_features.output,
        guards=rules.audit_predictions.output.findings,
        splits=rules.collect_splits.output.splits,
        metrics=rules.evaluate.output.metrics,
        confusion=rules.evaluate.output.confusion,
        comparisons=rules.evaluate.output.comparisons,
        decoding=rules.evaluate.output.decoding,
        uncertainty=rules.evaluate_uncertainty.output,
        curves=[
            rules.evaluate.output.calibration,
            rules.evaluate.output.calibration_curves,
            rules.evaluate.output.decision_curves,
            rules.evaluate.output.roc_curves,
        ],
        predictions=[LAYOUT.predictions(model) for model in PLAN.models],
        calibration=(
            []
            if STUDY.prediction.calibration == "none"
            else [LAYOUT.calibration(model) for model in PLAN.models]
        ),
        models=[LAYOUT.model(*fit).description for fit in PLAN.fits()],
        folders=lambda wildcards: (
            [] if STUDY.is_tabular else case_folders(*PLAN.centers)
        ),
        lists=case_lists(*PLAN.centers),
        qc=of_images(LAYOUT.qc, *PLAN.centers),
        sheets=of_images(LAYOUT.qc_sheet, *PLAN.centers),
        sent=[LAYOUT.sent_quality(center) for center in PLAN.sent_centers],
        biomarkers=[LAYOUT.biomarkers(model) for model in PLAN.explained_models],
        search=[LAYOUT.search(model) for model in PLAN.explained_models],
        links=[LAYOUT.links(model) for model in PLAN.explained_models],
        shap=[LAYOUT.shap_values(model) for model in PLAN.explained_models],
        explained=[LAYOUT.explained(model) for model in PLAN.explained_models],
        examples=(
            []
            if STUDY.is_tabular
            else [LAYOUT.examples(model) for model in PLAN.explained_models]
        ),
        recovery=(
            rules.evaluate_recovery.output.recovery
            if PHANTOMS and PLAN.explained_models
            else []
        ),
        segmentation=(
            rules.evaluate_segmentations.output.figures
            if PLAN.segmenting_models
            else []
        ),
        pseudo_labels=[
            LAYOUT.pseudo_labels(*fit) for fit in PLAN.pseudo_labelled_fits()
        ],
        label_accuracy=(
            rules.evaluate_pseudo_labels.output.accuracy
            if PLAN.pseudo_labelled_fits()
            else []
        ),
        modality_subsets=rules.evaluate_subsets.output if PLAN.subset_models else [],
        survival=lambda wildcards: (
            rules.evaluate_survival.output if followed_centers() else []
        ),
        permutation=permutation_tables(),
    output:
        page=report(
            LAYOUT.page(),
            caption="../report/page.rst",
            category="Report",
            labels={"page": "the study"},
        ),
        forest=report(
            LAYOUT.figure("mcc_forest"),
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "MCC by task, model and centre"},
        ),
        confusion=report(
            LAYOUT.figure("confusion"),
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "confusion matrices, drawn"},
        ),
        biomarkers=report(
            LAYOUT.figure("biomarkers"),
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "forest plot"},
        ),
        shap=[LAYOUT.shap_figure(model) for model in PLAN.explained_models],
        links=[LAYOUT.link_figure(model) for model in PLAN.explained_models],
        checklists=[
            report(
                LAYOUT.checklist(guideline),
                caption="../report/checklists.rst",
                category="Report",
                labels={"page": guideline},
            )
            for guideline in GUIDELINES
        ],
        study=LAYOUT.study(),
    log:
        LAYOUT.log("write_report"),
    conda:
        "../../envs/reporting.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code_of("write_report.py"),
        templates=files_of_package("reporting/templates"),
        guidelines=files_of_package("reporting/guidelines"),
        study=WHOLE_STUDY,
        results=lambda wildcards: STUDY.results,
        # Of jobs before this one: what they ran, for `gliomanet diff` and `gliomanet trace`.
        codes=lambda wildcards: codes_of_jobs(),
        evaluation_seed=seed("evaluate"),
        hidden_centers=PLAN.tested_with_hidden_labels,
        fits=PLAN.fits(),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
