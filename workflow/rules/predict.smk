# One job a model × centre: every stage and fold in which the centre's cases validate or test. External centres are
# opened here and nothing earlier. Then temperatures and prediction sets from the training centres' validation cases
# alone, and one job a model × centre again that scales and averages: so an external centre wakes neither another one nor
# any fit.


rule predict_center:
    input:
        members=lambda wildcards: trained(
            PLAN.predicting_fits(wildcards.model, wildcards.center)
        ),
        splits=lambda wildcards: splits_of(wildcards.center),
        ages=lambda wildcards: age_tables(wildcards.model, wildcards.center),
        sexes=lambda wildcards: sex_tables(wildcards.model, wildcards.center),
        data=lambda wildcards: model_data(wildcards.model, wildcards.center),
    output:
        predictions=LAYOUT.fold_predictions("{model}", "{center}"),
        deep=LAYOUT.deep_features("{model}", "{center}"),
    log:
        LAYOUT.log("predict_center", "{model}", "{center}"),
    wildcard_constraints:
        center=any_of(PLAN.seen_centers),
        model=any_of(set(PLAN.models) - set(PLAN.stacks)),
    conda:
        "../../envs/training.yaml"
    threads: STUDY.compute.training_threads
    resources:
        gpu=lambda wildcards: (GPU if wildcards.model in PLAN.image_models else 0),
        mem_mb=memory(6000),
        runtime=minutes(120),
    params:
        code=code_with_kind("predict_center.py", "prediction"),
        kind=lambda wildcards: STUDY.models[wildcards.model].kind,
        members=lambda wildcards: members(
            PLAN.predicting_fits(wildcards.model, wildcards.center)
        ),
        preprocessed=PREPROCESSED,
        passes=lambda wildcards: (
            STUDY.prediction.passes if wildcards.model in PLAN.networks else 0
        ),
        seed=lambda wildcards: seed("predict", wildcards.model, wildcards.center),
        flips=lambda wildcards: PLAN.flips_of(wildcards.model),
    message:
        "Predicting {wildcards.center} with {wildcards.model}"
    script:
        "../scripts/predict_center.py"


rule predict_stack:
    input:
        fits=lambda wildcards: trained(
            PLAN.predicting_fits(wildcards.model, wildcards.center)
        ),
        splits=lambda wildcards: splits_of(wildcards.center),
        ages=lambda wildcards: age_tables(wildcards.model, wildcards.center),
        sexes=lambda wildcards: sex_tables(wildcards.model, wildcards.center),
        predictions=lambda wildcards: member_predictions(
            wildcards.model, wildcards.center
        ),
    output:
        predictions=LAYOUT.fold_predictions("{model}", "{center}"),
    log:
        LAYOUT.log("predict_center", "{model}", "{center}"),
    wildcard_constraints:
        center=any_of(PLAN.seen_centers),
        model=any_of(PLAN.stacks),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_with_kind("predict_stack.py", "prediction"),
        members=lambda wildcards: members(
            PLAN.predicting_fits(wildcards.model, wildcards.center)
        ),
        stages=lambda wildcards: PLAN.stages_of_members(wildcards.model),
        tasks=TASKS,
    message:
        "Predicting {wildcards.center} with {wildcards.model}"
    script:
        "../scripts/predict_stack.py"


rule fit_temperatures:
    input:
        predictions=[
            LAYOUT.fold_predictions("{model}", center)
            for center in STUDY.centers_of("train")
        ],
        labels=label_tables(*STUDY.centers_of("train")),
    output:
        table=report(
            LAYOUT.calibration("{model}"),
            caption="../report/calibration.rst",
            category="Predictions",
            labels={"model": "{model}, calibration"},
        ),
    log:
        LAYOUT.log("fit_temperatures", "{model}"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("fit_temperatures.py"),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
    message:
        "Fitting the temperatures of {wildcards.model} on validation cases"
    script:
        "../scripts/fit_temperatures.py"


rule describe_ensemble:
    input:
        predictions=rules.fit_temperatures.input.predictions,
        labels=label_tables(*STUDY.centers_of("train")),
        temperatures=(
            []
            if STUDY.prediction.calibration == "none"
            else rules.fit_temperatures.output.table
        ),
    output:
        description=LAYOUT.ensemble("{model}"),
    log:
        LAYOUT.log("describe_ensemble", "{model}"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("describe_ensemble.py"),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
        level=STUDY.prediction.set_level,
    message:
        "Describing how {wildcards.model}'s probabilities become decisions"
    script:
        "../scripts/describe_ensemble.py"


rule combine_predictions:
    input:
        predictions=rules.predict_center.output.predictions,
        temperatures=rules.describe_ensemble.input.temperatures,
        ensemble=rules.describe_ensemble.output.description,
    output:
        predictions=LAYOUT.center_predictions("{model}", "{center}"),
    log:
        LAYOUT.log("combine_predictions", "{model}", "{center}"),
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
        predictions=[
            LAYOUT.center_predictions("{model}", center)
            for center in PLAN.predicted_centers
        ],
    output:
        predictions=report(
            LAYOUT.predictions("{model}"),
            caption="../report/predictions.rst",
            category="Predictions",
            labels={"model": "{model}"},
        ),
    log:
        LAYOUT.log("collect_predictions", "{model}"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("collect_predictions.py"),
        tasks=TASKS,
    message:
        "Collecting the predictions of {wildcards.model}"
    script:
        "../scripts/collect_predictions.py"
