# One job a model × stage × fold. Checkpoints live in results/checkpoints, outside the declared outputs, because
# Snakemake deletes the outputs of a killed job; they are keyed by a digest, so that a changed job never resumes one.

MODEL_FOLDER = f"{R}/models/{{model}}/{{stage}}/fold{{fold}}"


rule train_image:
    input:
        splits=rules.split_development.output.splits,
        cases=lambda wildcards: cohort_tables(*training_centers(wildcards)),
        folders=lambda wildcards: case_folders(*training_centers(wildcards)),
        pseudo_labels=accepted_labels,
    output:
        weights=f"{MODEL_FOLDER}/weights.pt",
        model=f"{MODEL_FOLDER}/model.json",
        heads=f"{MODEL_FOLDER}/heads.npz",
        events=f"{MODEL_FOLDER}/events.jsonl",
    log:
        f"{R}/logs/train/{{model}}/{{stage}}/fold{{fold}}.log",
    benchmark:
        f"{R}/benchmarks/train/{{model}}/{{stage}}/fold{{fold}}.tsv"
    wildcard_constraints:
        model=any_of(IMAGE_MODELS),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=STUDY.compute.gpus,
        # Resources, not parameters: how a job computes does not repeat one that is done.
        cached=int(STUDY.compute.cache),
        channels_last=int(STUDY.compute.channels_last),
        compiled=int(STUDY.compute.compile),
        checkpointed=int(STUDY.compute.gradient_checkpointing),
        nodes=1,  # however many GPUs
        mem_mb=lambda wildcards, attempt: 8000 * max(1, STUDY.compute.gpus) * attempt,
        runtime=lambda wildcards, attempt: 720 * attempt,
    params:
        code=code_with_kind("train_image.py", "training"),
        fold=lambda wildcards: dump(FOLDS[wildcards.fold]),
        model=lambda wildcards: training_values(STUDY.models[wildcards.model]),
        name=training_name,
        tasks=TASKS,
        seed=lambda wildcards: seed(
            "train", wildcards.model, wildcards.stage, wildcards.fold
        ),
        preprocessed=f"{R}/preprocessed",
        cache=f"{R}/cache",
        checkpoints=f"{R}/checkpoints/{{model}}/{{stage}}/fold{{fold}}",
    message:
        "Training {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/train_image.py"


rule train_tabular:
    input:
        splits=rules.split_development.output.splits,
        cases=lambda wildcards: cohort_tables(*training_centers(wildcards)),
        features=lambda wildcards: radiomics_tables(*training_centers(wildcards)),
        pseudo_labels=accepted_labels,
    output:
        weights=f"{MODEL_FOLDER}/model.joblib",
        model=f"{MODEL_FOLDER}/model.json",
        heads=f"{MODEL_FOLDER}/heads.npz",
        events=f"{MODEL_FOLDER}/events.jsonl",
    log:
        f"{R}/logs/train/{{model}}/{{stage}}/fold{{fold}}.log",
    benchmark:
        f"{R}/benchmarks/train/{{model}}/{{stage}}/fold{{fold}}.tsv"
    wildcard_constraints:
        model=any_of(TABULAR_MODELS),
    conda:
        "../../envs/training.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 3000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        code=code_with_kind("train_tabular.py", "training"),
        fold=lambda wildcards: dump(FOLDS[wildcards.fold]),
        model=lambda wildcards: dump(STUDY.models[wildcards.model]),
        name=training_name,
        tasks=TASKS,
        seed=lambda wildcards: seed(
            "train", wildcards.model, wildcards.stage, wildcards.fold
        ),
    message:
        "Training {wildcards.model} ({wildcards.stage}), fold {wildcards.fold}"
    script:
        "../scripts/train_tabular.py"
