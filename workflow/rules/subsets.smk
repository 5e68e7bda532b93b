# Robustness to missing modalities (`evaluation.modality_subsets`): the final stage of each image model predicts its
# validation and external cases with every non-empty subset of their modalities. Off by default: 2^M - 1 passes a case.


rule predict_subsets:
    input:
        members=subset_members,
        splits=lambda wildcards: splits_of(wildcards.center),
        cases=lambda wildcards: cohort_tables(wildcards.center),
        data=lambda wildcards: case_folders(wildcards.center),
    output:
        predictions=f"{R}/modality_subsets/{{model}}/{{center}}.tsv.gz",
    log:
        f"{R}/logs/predict_subsets/{{model}}/{{center}}.log",
    benchmark:
        f"{R}/benchmarks/predict_subsets/{{model}}/{{center}}.tsv"
    wildcard_constraints:
        model=any_of(SUBSET_MODELS),
        center=any_of([*STUDY.centers_of("train"), *EXTERNAL]),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=GPU,
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 480 * attempt,
    params:
        code=code_with_kind("predict_subsets.py", "prediction"),
        stage=lambda wildcards: final_stage(wildcards.model),
        folds=lambda wildcards: [
            dump(FOLDS[fold])
            for fold in subset_folds(wildcards.model, wildcards.center)
        ],
        preprocessed=f"{R}/preprocessed",
        models=f"{R}/models/{{model}}",
    message:
        "Predicting {wildcards.center} with every subset of the modalities of {wildcards.model}"
    script:
        "../scripts/predict_subsets.py"


rule read_fusion_weights:
    input:
        members=subset_members,
    output:
        weights=f"{R}/modality_subsets/{{model}}.fusion.tsv",
    log:
        f"{R}/logs/read_fusion_weights/{{model}}.log",
    wildcard_constraints:
        model=any_of(FUSING_MODELS),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=30,
    params:
        code=code_with_kind("read_fusion_weights.py", "prediction"),
        stage=lambda wildcards: final_stage(wildcards.model),
        folds=lambda wildcards: [
            dump(FOLDS[fold]) for fold in subset_folds(wildcards.model)
        ],
        models=f"{R}/models/{{model}}",
    message:
        "Reading how {wildcards.model} weighs its modalities"
    script:
        "../scripts/read_fusion_weights.py"


rule evaluate_subsets:
    input:
        predictions=subset_predictions(),
        fusion=expand(
            str(rules.read_fusion_weights.output.weights), model=FUSING_MODELS
        ),
        cases=rules.collect_cohort.output.cases,
        hidden=hidden_labels(),
        approval=rules.gate_cohort.output.approval,
    output:
        subsets=report(
            f"{R}/evaluation/modality_subsets.tsv",
            caption="../report/modality_subsets.rst",
            category="Evaluation",
            labels={"table": "figures by subset of modalities"},
        ),
        significance=report(
            f"{R}/evaluation/modality_significance.tsv",
            caption="../report/modality_significance.rst",
            category="Evaluation",
            labels={"table": "what each modality is worth"},
        ),
    log:
        f"{R}/logs/evaluate_subsets.log",
    benchmark:
        f"{R}/benchmarks/evaluate_subsets.tsv"
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        code=code_of("evaluate_subsets.py"),
        settings=FIGURES,
        tasks=TASKS,
        modalities={m: list(STUDY.models[m].modalities) for m in SUBSET_MODELS},
        # that of the metrics' table: what has all modalities is scored on the same resamples
        seed=seed("evaluate"),
    message:
        "Evaluating the subsets of modalities of {SUBSET_MODELS}"
    script:
        "../scripts/evaluate_subsets.py"
