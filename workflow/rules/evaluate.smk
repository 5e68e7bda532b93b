# Metrics with intervals, from the predictions and the labels and nothing else.


rule audit_predictions:
    input:
        predictions=[LAYOUT.predictions(model) for model in PLAN.models],
        cases=rules.collect_cohort.output.cases,
    output:
        findings=report(
            LAYOUT.prediction_findings(),
            caption="../report/audit.rst",
            category="Evaluation",
            labels={"table": "audit of the predictions"},
        ),
    log:
        LAYOUT.log("audit_predictions"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code_of("audit_predictions.py"),
        tasks=TASKS,
    message:
        "Looking for mixed-up rows and columns in the predictions of {PLAN.models}"
    script:
        "../scripts/audit_predictions.py"


rule evaluate:
    input:
        predictions=[LAYOUT.predictions(model) for model in PLAN.models],
        cases=rules.collect_cohort.output.cases,
        hidden=[LAYOUT.hidden_labels(c) for c in PLAN.tested_with_hidden_labels],
        approval=LAYOUT.approval(),
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


rule evaluate_uncertainty:
    input:
        predictions=[LAYOUT.predictions(model) for model in PLAN.models],
        ensembles=[LAYOUT.ensemble(model) for model in PLAN.models],
        cases=rules.collect_cohort.output.cases,
        hidden=[LAYOUT.hidden_labels(c) for c in PLAN.tested_with_hidden_labels],
        approval=LAYOUT.approval(),
        survived=of_images(LAYOUT.qc, *PLAN.centers),  # enough cases of each centre
    output:
        sets=report(
            LAYOUT.evaluation("prediction_sets"),
            caption="../report/prediction_sets.rst",
            category="Evaluation",
            labels={"table": "prediction sets"},
        ),
        risk=report(
            LAYOUT.evaluation("risk_coverage"),
            caption="../report/risk_coverage.rst",
            category="Evaluation",
            labels={"table": "errors among answered cases"},
        ),
    log:
        LAYOUT.log("evaluate_uncertainty"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code_of("evaluate_uncertainty.py"),
        settings=INTERVALS,
        tasks=TASKS,
    message:
        "Evaluating the prediction sets and the doubts of {PLAN.models}"
    script:
        "../scripts/evaluate_uncertainty.py"
