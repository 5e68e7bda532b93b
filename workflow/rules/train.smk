# One job a model × stage × fold. Checkpoints live in results/checkpoints, outside the declared outputs, because
# Snakemake deletes the outputs of a killed job; they are keyed by a digest, so that a changed job never resumes one.

MODEL = LAYOUT.model("{model}", "{stage}", "{fold}")


rule train_image:
    input:
        splits=rules.split_development.output.splits,
        labels=lambda wildcards: label_tables(
            *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        ages=lambda wildcards: age_tables(
            wildcards.model, *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        sexes=lambda wildcards: sex_tables(
            wildcards.model, *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        data=lambda wildcards: model_data(
            wildcards.model, *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        pseudo_labels=pseudo_labels,
    output:
        weights=MODEL.weights,
        model=MODEL.description,
        heads=MODEL.heads,
        events=MODEL.events,
    log:
        LAYOUT.log("train", "{model}", "{stage}", "fold{fold}"),
    wildcard_constraints:
        model=any_of(PLAN.image_models),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=STUDY.compute.gpus,
        nodes=1,  # however many GPUs
        mem_mb=memory(8000 * max(1, STUDY.compute.gpus)),
        runtime=minutes(720),
    params:
        code=code_with_kind("train_image.py", "training"),
        model=lambda wildcards: training_values(STUDY.models[wildcards.model]),
        name=lambda wildcards: dict(wildcards.items()),
        tasks=TASKS,
        seed=lambda wildcards: seed(
            "train", wildcards.model, wildcards.stage, wildcards.fold
        ),
        preprocessed=PREPROCESSED,
        checkpoints=str(LAYOUT.checkpoints("{model}", "{stage}", "{fold}")),
        # Snakemake takes a parameter that asks for `resources` for a consequence of them, and repeats no job for it:
        # so a change of how a job computes repeats none that is done.
        cache=lambda wildcards, resources: (
            str(LAYOUT.cache()) if STUDY.compute.cache else None
        ),
        acceleration=lambda wildcards, resources: {
            "channels_last": STUDY.compute.channels_last,
            "compiled": STUDY.compute.compile,
            "checkpointed": STUDY.compute.gradient_checkpointing,
        },
    message:
        "Training {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/train_image.py"


rule train_tabular:
    input:
        splits=rules.split_development.output.splits,
        labels=lambda wildcards: label_tables(
            *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        ages=lambda wildcards: age_tables(
            wildcards.model, *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        sexes=lambda wildcards: sex_tables(
            wildcards.model, *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        features=lambda wildcards: model_data(
            wildcards.model, *PLAN.training_centers(wildcards.stage, wildcards.fold)
        ),
        pseudo_labels=pseudo_labels,
    output:
        weights=MODEL.fitted,
        model=MODEL.description,
        heads=MODEL.heads,
        events=MODEL.events,
    log:
        LAYOUT.log("train", "{model}", "{stage}", "fold{fold}"),
    wildcard_constraints:
        model=any_of(PLAN.tabular_models),
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
    params:
        code=code_with_kind("train_tabular.py", "training"),
        model=lambda wildcards: dump(STUDY.models[wildcards.model]),
        name=lambda wildcards: dict(wildcards.items()),
        tasks=TASKS,
        seed=lambda wildcards: seed(
            "train", wildcards.model, wildcards.stage, wildcards.fold
        ),
    message:
        "Training {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/train_tabular.py"


# The training cases of one fold are the validation cases of the others: what a stack learns from is what the members say
# of those, each by the fold that did not train on it.
rule train_stack:
    input:
        splits=rules.split_development.output.splits,
        labels=lambda wildcards: label_tables(*PLAN.folds[wildcards.fold].train),
        ages=lambda wildcards: age_tables(
            wildcards.model, *PLAN.folds[wildcards.fold].train
        ),
        sexes=lambda wildcards: sex_tables(
            wildcards.model, *PLAN.folds[wildcards.fold].train
        ),
        predictions=lambda wildcards: member_predictions(
            wildcards.model, *PLAN.folds[wildcards.fold].train
        ),
    output:
        weights=MODEL.fitted,
        model=MODEL.description,
        heads=MODEL.heads,
        events=MODEL.events,
    log:
        LAYOUT.log("train", "{model}", "{stage}", "fold{fold}"),
    wildcard_constraints:
        model=any_of(PLAN.stacks),
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_with_kind("train_stack.py", "training"),
        model=lambda wildcards: dump(STUDY.models[wildcards.model]),
        name=lambda wildcards: dict(wildcards.items()),
        tasks=TASKS,
        stages=lambda wildcards: PLAN.stages_of_members(wildcards.model),
        scenario=lambda wildcards: PLAN.folds[wildcards.fold].scenario,
        seed=lambda wildcards: seed(
            "train", wildcards.model, wildcards.stage, wildcards.fold
        ),
    message:
        "Training {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/train_stack.py"
