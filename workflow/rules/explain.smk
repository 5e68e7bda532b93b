# Which radiomic features stand behind a network's deep features, with one trend in every centre.


rule find_biomarkers:
    input:
        deep=expand(
            rules.predict_center.output.deep, center=PREDICTED, allow_missing=True
        ),
        heads=lambda wildcards: [
            f"{R}/models/{wildcards.model}/{final_stage(wildcards.model)}/fold{fold}/heads.npz"
            for fold in fold_ids()
        ],
        radiomics=radiomics_tables(*PREDICTED),
        cases=cohort_tables(*PREDICTED),
        splits=rules.collect_splits.output.splits,
    output:
        biomarkers=report(
            f"{R}/biomarkers/{{model}}.tsv",
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "{model}"},
        ),
    log:
        f"{R}/logs/find_biomarkers/{{model}}.log",
    wildcard_constraints:
        model=any_of(NETWORKS),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        code=code_of("find_biomarkers.py"),
        stage=lambda wildcards: final_stage(wildcards.model),
        folds=fold_ids(),
        scenarios=[scenario.name for scenario in STUDY.scenarios],
        settings=dump(STUDY.explanation),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
    message:
        "Looking for biomarkers of {wildcards.model} that hold in every centre"
    script:
        "../scripts/find_biomarkers.py"


rule evaluate_recovery:
    input:
        biomarkers=expand(str(rules.find_biomarkers.output.biomarkers), model=NETWORKS),
        truth=rules.write_truth.output.table,
    output:
        recovery=report(
            f"{R}/biomarkers/recovery.tsv",
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "planted truth"},
        ),
    log:
        f"{R}/logs/evaluate_recovery.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("evaluate_recovery.py"),
        tasks={name: tasks_of(STUDY.models[name], TASKS) for name in NETWORKS},
    message:
        "Comparing the biomarkers with what was planted"
    script:
        "../scripts/evaluate_recovery.py"
