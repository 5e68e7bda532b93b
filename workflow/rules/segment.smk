# The tumours that networks segment: one job a model × centre, the model's final stage and one scenario.


rule segment_center:
    input:
        members=segmenting_members,
        splits=lambda wildcards: splits_of(wildcards.center),
        folders=lambda wildcards: case_folders(wildcards.center),
    output:
        table=f"{R}/segmentations/{{model}}/{{center}}.tsv",
        segmentations=directory(f"{R}/segmentations/{{model}}/{{center}}"),
    log:
        f"{R}/logs/segment_center/{{model}}/{{center}}.log",
    benchmark:
        f"{R}/benchmarks/segment_center/{{model}}/{{center}}.tsv"
    wildcard_constraints:
        model=any_of(SEGMENTING),
        center=any_of([*STUDY.centers_of("train"), *EXTERNAL]),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=GPU,
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        code=code_with_kind("segment_center.py", "prediction"),
        stage=lambda wildcards: final_stage(wildcards.model),
        folds=lambda wildcards: [
            dump(FOLDS[fold]) for fold in segmenting_folds(wildcards)
        ],
        preprocessed=f"{R}/preprocessed",
        models=f"{R}/models/{{model}}",
        flips=lambda wildcards: STUDY.flips_of(wildcards.model),
        min_component_fraction=STUDY.prediction.min_component_fraction,
    message:
        "Segmenting {wildcards.center} with {wildcards.model}"
    script:
        "../scripts/segment_center.py"


rule evaluate_segmentations:
    input:
        scores=expand(
            str(rules.segment_center.output.table), model=SEGMENTING, center=PREDICTED
        ),
        cases=rules.collect_cohort.output.cases,
        approval=rules.gate_cohort.output.approval,
    output:
        figures=report(
            f"{R}/evaluation/segmentation.tsv",
            caption="../report/segmentation.rst",
            category="Evaluation",
            labels={"table": "segmentation"},
        ),
    log:
        f"{R}/logs/evaluate_segmentations.log",
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_of("evaluate_segmentations.py"),
        settings=FIGURES,
        seed=seed("evaluate"),
    message:
        "Evaluating the segmentations of {SEGMENTING}"
    script:
        "../scripts/evaluate_segmentations.py"
