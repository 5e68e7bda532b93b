# The tumours that networks segment: one job a model × centre, the model's final stage and one scenario.


rule segment_center:
    input:
        members=lambda wildcards: trained(
            PLAN.final_fits(wildcards.model, PLAN.segmenting_folds(wildcards.center))
        ),
        splits=lambda wildcards: splits_of(wildcards.center),
        data=lambda wildcards: model_data(wildcards.model, wildcards.center),
    output:
        table=LAYOUT.segmentation_scores("{model}", "{center}"),
        segmentations=directory(LAYOUT.segmentations("{model}", "{center}")),
    log:
        LAYOUT.log("segment_center", "{model}", "{center}"),
    wildcard_constraints:
        model=any_of(PLAN.segmenting_models),
        center=any_of(STUDY.centers_of("train", "external")),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=GPU,
        mem_mb=memory(8000),
        runtime=minutes(240),
    params:
        code=code_with_kind("segment_center.py", "prediction"),
        members=lambda wildcards: members(
            PLAN.final_fits(wildcards.model, PLAN.segmenting_folds(wildcards.center))
        ),
        preprocessed=PREPROCESSED,
        flips=lambda wildcards: PLAN.flips_of(wildcards.model),
        min_component_fraction=STUDY.prediction.min_component_fraction,
    message:
        "Segmenting {wildcards.center} with {wildcards.model}"
    script:
        "../scripts/segment_center.py"


rule evaluate_segmentations:
    input:
        scores=[
            LAYOUT.segmentation_scores(model, center)
            for model in PLAN.segmenting_models
            for center in PLAN.seen_centers
        ],
        cases=rules.collect_cohort.output.cases,
        approval=rules.gate_cohort.output.approval,
    output:
        figures=report(
            LAYOUT.evaluation("segmentation"),
            caption="../report/segmentation.rst",
            category="Evaluation",
            labels={"table": "segmentation"},
        ),
    log:
        LAYOUT.log("evaluate_segmentations"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        code=code_of("evaluate_segmentations.py"),
        settings=INTERVALS,
        seed=seed("evaluate"),
    message:
        "Evaluating the segmentations of {PLAN.segmenting_models}"
    script:
        "../scripts/evaluate_segmentations.py"
