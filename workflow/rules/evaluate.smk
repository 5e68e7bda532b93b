# Metrics with intervals, from the predictions and the labels and nothing else.


rule evaluate:
    input:
        predictions=[LAYOUT.predictions(model) for model in PLAN.models],
        cases=rules.collect_cohort.output.cases,
        hidden=[LAYOUT.hidden_labels(c) for c in PLAN.tested_with_hidden_labels],
        approval=rules.gate_cohort.output.approval,
        survived=of_images(LAYOUT.qc, *PLAN.centers),  # enough cases of each centre
    output:
        metrics=report(
            LAYOUT.evaluation("metrics"),
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "metrics"},
        ),
        confusion=report(
            LAYOUT.evaluation("confusion"),
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "confusion matrices"},
        ),
        comparisons=report(
            LAYOUT.evaluation("comparisons"),
            caption="../report/comparisons.rst",
            category="Evaluation",
            labels={"table": "comparisons of models"},
        ),
        thresholds=LAYOUT.evaluation("thresholds"),
        decoding=report(
            LAYOUT.evaluation("decoding"),
            caption="../report/decoding.rst",
            category="Evaluation",
            labels={"table": "WHO-consistent decoding"},
        ),
        calibration=report(
            LAYOUT.evaluation("calibration"),
            caption="../report/curves.rst",
            category="Evaluation",
            labels={"table": "logistic recalibration"},
        ),
        calibration_curves=LAYOUT.evaluation("calibration_curves"),
        decision_curves=LAYOUT.evaluation("decision_curves"),
        roc_curves=LAYOUT.evaluation("roc_curves"),
    log:
        LAYOUT.log("evaluate"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code_of("evaluate.py"),
        settings=EVALUATION,
        tasks=TASKS,
        seed=seed("evaluate"),
    message:
        "Evaluating {PLAN.models}"
    script:
        "../scripts/evaluate.py"
