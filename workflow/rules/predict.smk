# One job a model × centre: every stage and fold in which the centre's cases validate or test. External centres are
# opened here and nothing earlier. Then temperatures from the training centres' validation cases alone, and one job a
# model × centre again that scales and averages: so an external centre wakes neither another one nor any fit.


rule predict_center:
    input:
        members=members,
        splits=lambda wildcards: splits_of(wildcards.center),
        cases=lambda wildcards: cohort_tables(wildcards.center),
        data=center_data,
    output:
        predictions=f"{R}/fold_predictions/{{model}}/{{center}}.tsv",
        deep=f"{R}/deep_features/{{model}}/{{center}}.tsv.gz",
    log:
        f"{R}/logs/predict_center/{{model}}/{{center}}.log",
    benchmark:
        f"{R}/benchmarks/predict_center/{{model}}/{{center}}.tsv"
    wildcard_constraints:
        center=any_of([*STUDY.centers_of("train"), *EXTERNAL]),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=lambda wildcards: (GPU if wildcards.model in IMAGE_MODELS else 0),
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        code=code_with_kind("predict_center.py", "prediction"),
        kind=lambda wildcards: STUDY.models[wildcards.model].kind,
        stages=lambda wildcards: list(STUDY.stages_of(wildcards.model)),
        folds=lambda wildcards: [
            dump(FOLDS[fold])
            for fold in folds_of(wildcards.model)
            if predicts(fold, wildcards.center, wildcards.model)
        ],
        preprocessed=f"{R}/preprocessed",
        models=f"{R}/models/{{model}}",
        passes=lambda wildcards: (
            STUDY.prediction.passes if wildcards.model in NETWORKS else 0
        ),
        seed=lambda wildcards: seed("predict", wildcards.model, wildcards.center),
        flips=lambda wildcards: STUDY.flips_of(wildcards.model),
    message:
        "Predicting {wildcards.center} with {wildcards.model}"
    script:
        "../scripts/predict_center.py"


PREDICTED = [
    center
    for center in CENTERS
    if any(predicts(fold, center, MODELS[0]) for fold in fold_ids(refit=True))
]


rule fit_temperatures:
    input:
        predictions=expand(
            rules.predict_center.output.predictions,
            center=STUDY.centers_of("train"),
            allow_missing=True,
        ),
        cases=cohort_tables(*STUDY.centers_of("train")),
    output:
        table=report(
            f"{R}/calibration/{{model}}.tsv",
            caption="../report/calibration.rst",
            category="Predictions",
            labels={"model": "{model}, calibration"},
        ),
    log:
        f"{R}/logs/fit_temperatures/{{model}}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("fit_temperatures.py"),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
    message:
        "Fitting the temperatures of {wildcards.model} on validation cases"
    script:
        "../scripts/fit_temperatures.py"


rule combine_predictions:
    input:
        predictions=rules.predict_center.output.predictions,
        temperatures=temperatures,
    output:
        predictions=f"{R}/predictions/{{model}}/{{center}}.tsv",
    log:
        f"{R}/logs/combine_predictions/{{model}}/{{center}}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("combine_predictions.py"),
    message:
        "Calibrating and averaging what {wildcards.model} says of {wildcards.center}"
    script:
        "../scripts/combine_predictions.py"


rule collect_predictions:
    input:
        predictions=expand(
            rules.combine_predictions.output.predictions,
            center=PREDICTED,
            allow_missing=True,
        ),
    output:
        predictions=report(
            f"{R}/predictions/{{model}}.tsv",
            caption="../report/predictions.rst",
            category="Predictions",
            labels={"model": "{model}"},
        ),
    log:
        f"{R}/logs/collect_predictions/{{model}}.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("collect_predictions.py"),
        tasks=TASKS,
    message:
        "Collecting the predictions of {wildcards.model}"
    script:
        "../scripts/collect_predictions.py"
