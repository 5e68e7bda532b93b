# Robustness to missing modalities (`evaluation.modality_subsets`): the final stage of each image model predicts its
# validation and external cases with every non-empty subset of their modalities. Off by default: 2^M - 1 passes a case.


rule predict_subsets:
    input:
        members=lambda wildcards: trained(
            PLAN.final_fits(
                wildcards.model,
                PLAN.predicting_folds(wildcards.model, wildcards.center),
            )
        ),
        splits=lambda wildcards: splits_of(wildcards.center),
        ages=lambda wildcards: age_tables(wildcards.model, wildcards.center),
        sexes=lambda wildcards: sex_tables(wildcards.model, wildcards.center),
        data=lambda wildcards: model_data(wildcards.model, wildcards.center),
    output:
        predictions=LAYOUT.subset_predictions("{model}", "{center}"),
    log:
        LAYOUT.log("predict_subsets", "{model}", "{center}"),
    wildcard_constraints:
        model=any_of(PLAN.subset_models),
        center=any_of(STUDY.centers_of("train", "external")),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=GPU,
        mem_mb=memory(6000),
        runtime=minutes(480),
    params:
        code=code_with_kind("predict_subsets.py", "prediction"),
        members=lambda wildcards: members(
            PLAN.final_fits(
                wildcards.model,
                PLAN.predicting_folds(wildcards.model, wildcards.center),
            )
        ),
        preprocessed=PREPROCESSED,
    message:
        "Predicting {wildcards.center} with every subset of the modalities of {wildcards.model}"
    script:
        "../scripts/predict_subsets.py"


rule read_fusion_weights:
    input:
        members=lambda wildcards: trained(
            PLAN.final_fits(
                wildcards.model,
                PLAN.predicting_folds(wildcards.model),
            )
        ),
    output:
        weights=LAYOUT.fusion_weights("{model}"),
    log:
        LAYOUT.log("read_fusion_weights", "{model}"),
    wildcard_constraints:
        model=any_of(PLAN.fusing_models),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_with_kind("read_fusion_weights.py", "prediction"),
        members=lambda wildcards: members(
            PLAN.final_fits(
                wildcards.model,
                PLAN.predicting_folds(wildcards.model),
            )
        ),
    message:
        "Reading how {wildcards.model} weighs its modalities"
    script:
        "../scripts/read_fusion_weights.py"


rule evaluate_subsets:
    input:
        predictions=subset_predictions(*PLAN.centers),
        fusion=[LAYOUT.fusion_weights(model) for model in PLAN.fusing_models],
        cases=rules.collect_cohort.output.cases,
        hidden=[LAYOUT.hidden_labels(c) for c in PLAN.tested_with_hidden_labels],
        approval=rules.gate_cohort.output.approval,
    output:
        subsets=report(
            LAYOUT.evaluation("modality_subsets"),
            caption="../report/modality_subsets.rst",
            category="Evaluation",
            labels={"table": "figures by subset of modalities"},
        ),
        significance=report(
            LAYOUT.evaluation("modality_significance"),
            caption="../report/modality_significance.rst",
            category="Evaluation",
            labels={"table": "what each modality is worth"},
        ),
    log:
        LAYOUT.log("evaluate_subsets"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code_of("evaluate_subsets.py"),
        settings=INTERVALS,
        tasks=TASKS,
        modalities={m: list(STUDY.models[m].modalities) for m in PLAN.subset_models},
        # that of the metrics' table: what has all modalities is scored on the same resamples
        seed=seed("evaluate"),
    message:
        "Evaluating the subsets of modalities of {PLAN.subset_models}"
    script:
        "../scripts/evaluate_subsets.py"
