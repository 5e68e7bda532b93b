# The engine's floor: as many jobs, files, wildcards, parameters and resources as the study of scale_cohort.py has, and
# nothing else: no study is read, no library imported, every parameter is a constant.
#
#     snakemake -n -s scale_floor.smk --directory FOLDER   # FOLDER/cohort.json: centre -> case -> files

import json

with open("cohort.json") as file:
    COHORT = json.load(file)

EXTERNAL = ["ELM", "FIR"]
TRAIN = [center for center in COHORT if center not in EXTERNAL]
FOLDS = [str(fold) for fold in range(5)]
FITS = [("net", fold) for fold in FOLDS] + [("logistic", fold) for fold in [*FOLDS, "all"]]
FOLDERS = {center: [f"results/preprocessed/{center}/{case}" for case in cases] for center, cases in COHORT.items()}
CONTENTS = {
    center: [f"results/contents/preprocessed/{center}/{case}.txt" for case in cases] for center, cases in COHORT.items()
}
LISTED = {center: f"results/preprocessed/{center}.tsv" for center in COHORT}
TABLES = {center: f"results/cohort/{center}.tsv" for center in COHORT}
EVALUATION = [
    *("metrics", "confusion", "comparisons", "thresholds", "decoding"),
    *("calibration", "calibration_curves", "decision_curves", "roc_curves"),
]
VALUES = {f"key_{number}": number for number in range(12)}


def prepared(centers):
    return [LISTED[center] for center in centers] + [
        ancient(folder) for center in centers for folder in FOLDERS[center]
    ]


def columns(kind, centers):
    return [f"results/cohort/{kind}/{center}.tsv" for center in centers]


def members(w):
    return [
        f"results/models/{model}/supervised/fold{fold}/{file}"
        for model, fold in FITS
        if model == w.model and (fold == "all") == (model == "logistic" and w.center in EXTERNAL)
        for file in (("weights.pt" if model == "net" else "model.joblib"), "model.json")
    ]


def explained(w):
    return ["heads.npz"] if w.model == "net" else ["model.joblib", "model.json"]


wildcard_constraints:
    center="[A-Z]+",
    case="[^/]+",
    columns="patients|labels|ages",
    model="net|logistic",
    stage="supervised",
    fold="[0-9]|all",


rule all:
    input: "results/report/index.html", expand("results/qc/{center}", center=COHORT), "results/tracking/runs.tsv"

rule build_case_table:
    output: "results/cohort/{center}.tsv", "results/cohort/hidden/{center}.tsv", "results/audit/{center}.source.tsv"
    log: "results/logs/build_case_table/{center}.log"
    resources: mem_mb=2000, runtime=10
    params: a="1", b=VALUES, c="data", d=VALUES, e=VALUES
    script: "scale_cohort.py"

rule select_columns:
    output: "results/cohort/{columns}/{center}.tsv"
    log: "results/logs/select_columns/{columns}/{center}.log"
    params: a="1", b=VALUES, c="data", d=VALUES, e=VALUES, f="columns"
    script: "scale_cohort.py"

rule collect_cohort:
    input: list(TABLES.values())
    output: "results/cohort/cases.tsv"
    log: "results/logs/collect_cohort.log"
    params: a="1"
    script: "scale_cohort.py"

rule inspect_center:
    output: expand("results/audit/{{center}}.{kind}", kind=["tsv", "npz", "volumes.tsv", "files.tsv"])
    log: "results/logs/inspect_center/{center}.log"
    priority: 100
    threads: 4
    resources: mem_mb=6000, runtime=240
    params: a="1", b=lambda w: COHORT[w.center], c=lambda w: COHORT[w.center], d=VALUES, e=VALUES
    script: "scale_cohort.py"

rule audit_cohort:
    input: list(TABLES.values()), expand("results/audit/{center}.{kind}", center=COHORT, kind=["source.tsv", "tsv", "npz", "volumes.tsv"])
    output: "results/cohort/audit.tsv"
    log: "results/logs/audit_cohort.log"
    priority: 100
    params: a="1", b={}, c=VALUES, d=[], e=COHORT
    script: "scale_cohort.py"

rule gate_cohort:
    input: "results/cohort/audit.tsv"
    output: "results/audit/approved.txt"
    log: "results/logs/gate_cohort.log"
    params: a="1"
    script: "scale_cohort.py"

rule preprocess_case:
    output: directory("results/preprocessed/{center}/{case}"), "results/contents/preprocessed/{center}/{case}.txt"
    log: "results/logs/preprocess_case/{center}/{case}.log"
    threads: 1
    resources: mem_mb=3000, runtime=30
    params: a="1", b=lambda w: COHORT[w.center][w.case], c=lambda w: COHORT[w.center][w.case], d="brats", e=VALUES, f=1
    message: "Preprocessing {wildcards.case} of {wildcards.center}"
    script: "scale_cohort.py"

rule list_preprocessed:
    input: lambda w: [ancient(folder) for folder in FOLDERS[w.center]] + CONTENTS[w.center]
    output: "results/preprocessed/{center}.tsv"
    log: "results/logs/list_preprocessed/{center}.log"
    params: a="1"
    script: "scale_cohort.py"

rule collect_qc:
    input: lambda w: prepared([w.center])
    output: "results/qc/{center}.tsv"
    log: "results/logs/collect_qc/{center}.log"
    params: a="1", b=0.5, c={}, d=True
    script: "scale_cohort.py"

rule draw_cases:
    input: lambda w: prepared([w.center])
    output: directory("results/pictures/{center}"), "results/contents/pictures/{center}.txt"
    log: "results/logs/draw_cases/{center}.log"
    threads: 4
    params: a="1", b=lambda w: COHORT[w.center]
    script: "scale_cohort.py"

rule draw_quality:
    input: lambda w: prepared([w.center]), ancient("results/pictures/{center}"), "results/contents/pictures/{center}.txt", "results/qc/{center}.tsv"
    output: directory("results/qc/{center}"), "results/qc/{center}.png"
    log: "results/logs/draw_quality/{center}.log"
    params: a="1", b=VALUES
    script: "scale_cohort.py"

rule extract_radiomics:
    input: ancient("results/preprocessed/{center}/{case}"), "results/contents/preprocessed/{center}/{case}.txt"
    output: "results/radiomics/cases/{center}/{case}.tsv"
    log: "results/logs/extract_radiomics/{center}/{case}.log"
    resources: mem_mb=2000, runtime=30
    params: a="1", b=VALUES
    message: "Extracting radiomic features of {wildcards.case}"
    script: "scale_cohort.py"

rule collect_radiomics:
    input: lambda w: [f"results/radiomics/cases/{w.center}/{case}.tsv" for case in COHORT[w.center]]
    output: "results/radiomics/{center}.tsv"
    log: "results/logs/collect_radiomics/{center}.log"
    params: a="1"
    script: "scale_cohort.py"

rule split_development:
    input: columns("labels", TRAIN), [LISTED[center] for center in TRAIN]
    output: "results/splits/development.tsv"
    log: "results/logs/split_development.log"
    params: a="1", b=VALUES, c=VALUES, d=5, e=1
    script: "scale_cohort.py"

rule split_external:
    input: "results/cohort/patients/{center}.tsv", "results/preprocessed/{center}.tsv"
    output: "results/splits/external/{center}.tsv"
    log: "results/logs/split_external/{center}.log"
    params: a="1", b=VALUES, c=5
    script: "scale_cohort.py"

rule collect_splits:
    input: "results/splits/development.tsv", expand("results/splits/external/{center}.tsv", center=EXTERNAL)
    output: "results/splits.tsv"
    log: "results/logs/collect_splits.log"
    params: a="1"
    script: "scale_cohort.py"

rule train_image:
    input: "results/splits/development.tsv", columns("labels", TRAIN), prepared(TRAIN)
    output: expand("results/models/{{model}}/{{stage}}/fold{{fold}}/{file}", file=["weights.pt", "model.json", "heads.npz", "events.jsonl"])
    wildcard_constraints: model="net"
    log: "results/logs/train/{model}/{stage}/fold{fold}.log"
    params: a="1", b=VALUES, c=VALUES, d=VALUES, e=1, f="p", g="c", h=None, i=VALUES
    script: "scale_cohort.py"

rule train_tabular:
    input: "results/splits/development.tsv", columns("labels", TRAIN), columns("ages", TRAIN), expand("results/radiomics/{center}.tsv", center=TRAIN)
    output: expand("results/models/{{model}}/{{stage}}/fold{{fold}}/{file}", file=["model.joblib", "model.json", "heads.npz", "events.jsonl"])
    wildcard_constraints: model="logistic"
    log: "results/logs/train/{model}/{stage}/fold{fold}.log"
    params: a="1", b=VALUES, c=VALUES, d=VALUES, e=1
    script: "scale_cohort.py"

rule predict_center:
    input:
        members,
        lambda w: f"results/splits/external/{w.center}.tsv" if w.center in EXTERNAL else "results/splits/development.tsv",
        lambda w: prepared([w.center]) if w.model == "net" else [*columns("ages", [w.center]), f"results/radiomics/{w.center}.tsv"],
    output: "results/fold_predictions/{model}/{center}.tsv", "results/deep_features/{model}/{center}.tsv.gz"
    log: "results/logs/predict_center/{model}/{center}.log"
    params: a="1", b="net", c=VALUES, d="p", e=0, f=1, g="none"
    script: "scale_cohort.py"

rule fit_temperatures:
    input: expand("results/fold_predictions/{{model}}/{center}.tsv", center=TRAIN), columns("labels", TRAIN)
    output: "results/calibration/{model}.tsv"
    log: "results/logs/fit_temperatures/{model}.log"
    params: a="1", b=VALUES
    script: "scale_cohort.py"

rule describe_ensemble:
    input: expand("results/fold_predictions/{{model}}/{center}.tsv", center=TRAIN), columns("labels", TRAIN), "results/calibration/{model}.tsv"
    output: "results/calibration/{model}.json"
    log: "results/logs/describe_ensemble/{model}.log"
    params: a="1", b=VALUES, c=0.9
    script: "scale_cohort.py"

rule combine_predictions:
    input: "results/fold_predictions/{model}/{center}.tsv", "results/calibration/{model}.tsv", "results/calibration/{model}.json"
    output: "results/predictions/{model}/{center}.tsv"
    log: "results/logs/combine_predictions/{model}/{center}.log"
    params: a="1"
    script: "scale_cohort.py"

rule collect_predictions:
    input: expand("results/predictions/{{model}}/{center}.tsv", center=COHORT)
    output: "results/predictions/{model}.tsv"
    log: "results/logs/collect_predictions/{model}.log"
    params: a="1", b=VALUES
    script: "scale_cohort.py"

rule evaluate:
    input: expand("results/predictions/{model}.tsv", model=["net", "logistic"]), "results/cohort/cases.tsv", "results/audit/approved.txt", expand("results/qc/{center}.tsv", center=COHORT)
    output: expand("results/evaluation/{table}.tsv", table=EVALUATION)
    log: "results/logs/evaluate.log"
    params: a="1", b=VALUES, c=VALUES, d=1
    script: "scale_cohort.py"

rule evaluate_uncertainty:
    input: expand("results/predictions/{model}.tsv", model=["net", "logistic"]), expand("results/calibration/{model}.json", model=["net", "logistic"]), "results/cohort/cases.tsv", "results/audit/approved.txt", expand("results/qc/{center}.tsv", center=COHORT)
    output: expand("results/evaluation/{table}.tsv", table=["prediction_sets", "risk_coverage"])
    log: "results/logs/evaluate_uncertainty.log"
    params: a="1", b=VALUES, c=VALUES
    script: "scale_cohort.py"

rule audit_features:
    input: expand("results/radiomics/{center}.tsv", center=COHORT), "results/splits.tsv"
    output: "results/audit/features/findings.tsv", "results/audit/features/void.tsv"
    log: "results/logs/audit_features.log"
    params: a="1", b=VALUES
    script: "scale_cohort.py"

rule audit_predictions:
    input: expand("results/predictions/{model}.tsv", model=["net", "logistic"]), "results/cohort/cases.tsv"
    output: "results/audit/predictions/findings.tsv"
    log: "results/logs/audit_predictions.log"
    params: a="1", b=VALUES
    script: "scale_cohort.py"

rule explain_model:
    input:
        lambda w: [f"results/models/{w.model}/supervised/fold{fold}/{file}" for fold in FOLDS for file in explained(w)],
        lambda w: [f"results/deep_features/net/{center}.tsv.gz" for center in TRAIN] if w.model == "net" else
            [*expand("results/radiomics/{center}.tsv", center=TRAIN), *columns("ages", TRAIN)],
        "results/splits/development.tsv",
    output: "results/explanations/{model}.tsv.gz", "results/explanations/{model}.folds.tsv"
    log: "results/logs/explain_model/{model}.log"
    params: a="1", b="k", c="s", d=VALUES, e=VALUES, f=VALUES, g=1
    script: "scale_cohort.py"

rule find_biomarkers:
    input:
        "results/explanations/{model}.tsv.gz", "results/explanations/{model}.folds.tsv",
        expand("results/radiomics/{center}.tsv", center=COHORT), list(TABLES.values()), "results/splits.tsv",
    output: "results/biomarkers/{model}.tsv", "results/explanations/{model}.links.tsv.gz", "results/explanations/{model}.search.tsv"
    log: "results/logs/find_biomarkers/{model}.log"
    params: a="1", c=FOLDS, d=VALUES, e=VALUES, f=VALUES
    script: "scale_cohort.py"

rule draw_examples:
    input: "results/biomarkers/{model}.tsv", expand("results/radiomics/{center}.tsv", center=COHORT), prepared(COHORT)
    output: "results/figures/examples/{model}.png"
    log: "results/logs/draw_examples/{model}.log"
    params: a="1", b="p", c=VALUES
    script: "scale_cohort.py"

rule write_report:
    input:
        "results/cohort/cases.tsv", "results/cohort/audit.tsv", rules.audit_features.output, "results/splits.tsv",
        rules.evaluate.output, rules.evaluate_uncertainty.output, expand("results/predictions/{model}.tsv", model=["net", "logistic"]),
        expand("results/calibration/{model}.tsv", model=["net", "logistic"]),
        [f"results/models/{model}/supervised/fold{fold}/model.json" for model, fold in FITS],
        prepared(COHORT), expand("results/qc/{center}.tsv", center=COHORT), expand("results/qc/{center}.png", center=COHORT),
        rules.audit_predictions.output,
        expand("results/biomarkers/{model}.tsv", model=["net", "logistic"]),
        expand("results/explanations/{model}.{kind}", model=["net", "logistic"], kind=["tsv.gz", "folds.tsv", "links.tsv.gz", "search.tsv"]),
        expand("results/figures/examples/{model}.png", model=["net", "logistic"]),
    output:
        "results/report/index.html", "results/study.json",
        expand("results/report/{name}.md", name=["claim_2024", "clear", "metrics", "tripod_ai"]),
        expand("results/figures/{kind}/{model}.svg", kind=["shap", "links"], model=["net", "logistic"]),
        expand("results/figures/{name}.svg", name=["mcc_forest", "confusion", "biomarkers"])
    log: "results/logs/write_report.log"
    params: a="1", b=VALUES, c="results"
    script: "scale_cohort.py"

rule track_runs:
    input: [f"results/models/{model}/supervised/fold{fold}/events.jsonl" for model, fold in FITS], "results/cohort/cases.tsv", rules.evaluate.output[0], "results/report/index.html", "results/study.json"
    output: "results/tracking/runs.tsv", "results/tracking/compare.html"
    log: "results/logs/track_runs.log"
    params: a="1", b="uri", c="artifacts", d=VALUES
    script: "scale_cohort.py"
