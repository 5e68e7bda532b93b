# Figures with intervals, from the predictions and the labels and nothing else.


rule evaluate:
    input:
        predictions=expand(
            str(rules.collect_predictions.output.predictions), model=MODELS
        ),
        cases=rules.collect_cohort.output.cases,
        hidden=hidden_labels(),
        approval=rules.gate_cohort.output.approval,
    output:
        metrics=report(
            f"{R}/evaluation/metrics.tsv",
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "metrics"},
        ),
        confusion=report(
            f"{R}/evaluation/confusion.tsv",
            caption="../report/metrics.rst",
            category="Evaluation",
            labels={"table": "confusion matrices"},
        ),
        comparisons=report(
            f"{R}/evaluation/comparisons.tsv",
            caption="../report/comparisons.rst",
            category="Evaluation",
            labels={"table": "comparisons of models"},
        ),
        thresholds=f"{R}/evaluation/thresholds.tsv",
        decoding=report(
            f"{R}/evaluation/decoding.tsv",
            caption="../report/decoding.rst",
            category="Evaluation",
            labels={"table": "WHO-consistent decoding"},
        ),
    log:
        f"{R}/logs/evaluate.log",
    benchmark:
        f"{R}/benchmarks/evaluate.tsv"
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        code=code_of("evaluate.py"),
        settings=FIGURES,
        tasks=TASKS,
        seed=seed("evaluate"),
    message:
        "Evaluating {MODELS}"
    script:
        "../scripts/evaluate.py"
