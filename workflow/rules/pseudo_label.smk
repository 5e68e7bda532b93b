# A fold's model labels what has no label, for the next stage to learn from: unlabelled centres, and unknown labels of
# training cases. Its validation cases say whether it may; the teacher of a round is the model of the round before.


rule select_pseudo_labels:
    input:
        teacher=teacher,
        judged=judged_teachers,
        splits=rules.split_development.output.splits,
        cases=lambda wildcards: cohort_tables(*student_centers(wildcards)),
        data=student_data,
    output:
        labels=f"{R}/pseudo_labels/{{model}}/{{stage}}/fold{{fold}}.tsv",
        teacher=f"{R}/pseudo_labels/{{model}}/{{stage}}/fold{{fold}}.teacher.tsv",
    log:
        f"{R}/logs/select_pseudo_labels/{{model}}/{{stage}}/fold{{fold}}.log",
    wildcard_constraints:
        model=any_of(NETWORKS),
        stage=any_of(PSEUDO_LABEL_STAGES),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=lambda wildcards: (GPU if wildcards.model in IMAGE_MODELS else 0),
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        code=code_with_kind("select_pseudo_labels.py", "prediction"),
        fold=lambda wildcards: dump(FOLDS[wildcards.fold]),
        judged=judged_folds,
        teachers=lambda wildcards: f"{R}/models/{wildcards.model}/{teacher_stage(wildcards)}",
        kind=lambda wildcards: STUDY.models[wildcards.model].kind,
        decoded=lambda wildcards: bool(
            STUDY.models[wildcards.model].joint_likelihood_weight
        ),
        preprocessed=f"{R}/preprocessed",
        settings=lambda wildcards: selection_settings(wildcards.stage),
        round=lambda wildcards: round_of(wildcards.stage),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
        seed=lambda wildcards: seed(wildcards.stage, wildcards.model, wildcards.fold),
    message:
        "Selecting labels for {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/select_pseudo_labels.py"


rule evaluate_pseudo_labels:
    input:
        labels=pseudo_label_tables(),
        teachers=pseudo_label_tables(".teacher"),
        hidden=expand(
            str(rules.build_case_table.output.hidden),
            center=DEVELOPMENT,
        ),
        truth=rules.write_truth.output.labels if PHANTOMS else [],
    output:
        accuracy=report(
            f"{R}/pseudo_labels/accuracy.tsv",
            caption="../report/pseudo_labels.rst",
            category="Pseudo-labels",
            labels={"table": "accepted share and accuracy"},
        ),
        teachers=report(
            f"{R}/pseudo_labels/teachers.tsv",
            caption="../report/pseudo_labels.rst",
            category="Pseudo-labels",
            labels={"table": "teachers"},
        ),
    log:
        f"{R}/logs/evaluate_pseudo_labels.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("evaluate_pseudo_labels.py"),
        tasks=TASKS,
    message:
        "Counting accepted pseudo-labels, and those that are true"
    script:
        "../scripts/evaluate_pseudo_labels.py"
