# The supervised teacher of a fold labels what has no label: unlabelled centres, and unknown labels of training cases.


rule select_pseudo_labels:
    input:
        teacher=teacher,
        splits=rules.split_development.output.splits,
        cases=lambda wildcards: cohort_tables(*pupil_centers(wildcards)),
        data=pupil_data,
    output:
        labels=f"{R}/pseudo_labels/{{model}}/fold{{fold}}.tsv",
    log:
        f"{R}/logs/select_pseudo_labels/{{model}}/fold{{fold}}.log",
    wildcard_constraints:
        model=any_of(NETWORKS),
    conda:
        "../../envs/learning.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=lambda wildcards: (
            STUDY.compute.gpus if wildcards.model in IMAGE_MODELS else 0
        ),
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        code=code_of("select_pseudo_labels.py"),
        fold=lambda wildcards: dump(FOLDS[wildcards.fold]),
        kind=lambda wildcards: STUDY.models[wildcards.model].kind,
        preprocessed=f"{R}/preprocessed",
        settings=dump(STUDY.pseudo_labels),
        tasks=lambda wildcards: STUDY.models[wildcards.model].tasks_of(TASKS),
        seed=lambda wildcards: seed("pseudo_label", wildcards.model, wildcards.fold),
    message:
        "Selecting pseudo-labels of {wildcards.model}, fold {wildcards.fold}"
    script:
        "../scripts/select_pseudo_labels.py"
