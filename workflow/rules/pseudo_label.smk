# A fold's model labels what has no label, for the next stage to learn from: unlabelled centres, and unknown labels of
# training cases. Its validation cases say whether it may; the teacher of a round is the model of the round before.


rule select_pseudo_labels:
    input:
        teachers=lambda wildcards: trained(PLAN.teacher_fits(**wildcards)),
        splits=rules.split_development.output.splits,
        labels=lambda wildcards: label_tables(*PLAN.student_centers(wildcards.fold)),
        ages=lambda wildcards: age_tables(
            wildcards.model, *PLAN.student_centers(wildcards.fold)
        ),
        sexes=lambda wildcards: sex_tables(
            wildcards.model, *PLAN.student_centers(wildcards.fold)
        ),
        data=lambda wildcards: model_data(
            wildcards.model, *PLAN.student_centers(wildcards.fold)
        ),
    output:
        labels=LAYOUT.pseudo_labels("{model}", "{stage}", "{fold}"),
        teacher=LAYOUT.teacher("{model}", "{stage}", "{fold}"),
    log:
        LAYOUT.log("select_pseudo_labels", "{model}", "{stage}", "fold{fold}"),
    wildcard_constraints:
        model=any_of(PLAN.networks),
        stage=any_of(PLAN.pseudo_label_stages),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=lambda wildcards: (GPU if wildcards.model in PLAN.image_models else 0),
        mem_mb=memory(6000),
        runtime=minutes(120),
    params:
        code=code_with_kind("select_pseudo_labels.py", "prediction"),
        judged=lambda wildcards: PLAN.judged_folds(wildcards.fold),
        # fold → folder of its teacher
        teachers=lambda wildcards: {
            fit[2]: str(LAYOUT.model(*fit).folder)
            for fit in PLAN.teacher_fits(**wildcards)
        },
        kind=lambda wildcards: STUDY.models[wildcards.model].kind,
        decoded=lambda wildcards: bool(
            STUDY.models[wildcards.model].joint_likelihood_weight
        ),
        preprocessed=PREPROCESSED,
        settings=lambda wildcards: PLAN.selection_settings(wildcards.stage),
        round=lambda wildcards: round_of(wildcards.stage),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
        seed=lambda wildcards: seed(wildcards.stage, wildcards.model, wildcards.fold),
    message:
        "Selecting labels for {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/select_pseudo_labels.py"


rule evaluate_pseudo_labels:
    input:
        labels=[LAYOUT.pseudo_labels(*fit) for fit in PLAN.pseudo_labelled_fits()],
        teachers=[LAYOUT.teacher(*fit) for fit in PLAN.pseudo_labelled_fits()],
        hidden=[LAYOUT.hidden_labels(center) for center in PLAN.development],
        truth=LAYOUT.true_labels() if PHANTOMS else [],
    output:
        accuracy=report(
            LAYOUT.pseudo_label_accuracy(),
            caption="../report/pseudo_labels.rst",
            category="Pseudo-labels",
            labels={"table": "accepted share and accuracy"},
        ),
        teachers=report(
            LAYOUT.teachers(),
            caption="../report/pseudo_labels.rst",
            category="Pseudo-labels",
            labels={"table": "teachers"},
        ),
    log:
        LAYOUT.log("evaluate_pseudo_labels"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("evaluate_pseudo_labels.py"),
        tasks=TASKS,
        results=lambda wildcards: STUDY.results,
    message:
        "Counting accepted pseudo-labels, and those that are true"
    script:
        "../scripts/evaluate_pseudo_labels.py"
