# Folds by patient. Development centres are split without a look at external ones, so that nothing before `predict`
# depends on an external centre.


rule split_development:
    input:
        labels=label_tables(*PLAN.development),
        preprocessed=case_lists(*PLAN.development),
    output:
        splits=LAYOUT.development_splits(),
    log:
        LAYOUT.log("split_development"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("split_development.py"),
        scenarios=PLAN.scenarios_among(*PLAN.development),
        decisions=decisions_on(*PLAN.development),
        review=STUDY.quality.review,
        tasks=TASKS,
        folds=STUDY.split.folds,
        seed=seed("split"),
    message:
        "Dividing the patients of {PLAN.development} into {STUDY.split.folds} folds"
    script:
        "../scripts/split_development.py"


rule split_external:
    input:
        patients=LAYOUT.patients("{center}"),
        preprocessed=lambda wildcards: case_lists(wildcards.center),
    output:
        splits=LAYOUT.external_splits("{center}"),
    log:
        LAYOUT.log("split_external", "{center}"),
    wildcard_constraints:
        center=any_of(STUDY.centers_of("external")),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("split_external.py"),
        scenarios=lambda wildcards: PLAN.scenarios_among(wildcards.center),
        decisions=lambda wildcards: decisions_on(wildcards.center),
        review=STUDY.quality.review,
        folds=STUDY.split.folds,
    message:
        "Listing the external cases of {wildcards.center}"
    script:
        "../scripts/split_external.py"


rule collect_splits:
    input:
        splits=sorted({table for center in PLAN.centers for table in splits_of(center)}),
    output:
        splits=report(
            LAYOUT.splits(),
            caption="../report/splits.rst",
            category="Cohort",
            labels={"table": "splits"},
        ),
    log:
        LAYOUT.log("collect_splits"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("collect_tables.py"),
    message:
        "Collecting the splits"
    script:
        "../scripts/collect_tables.py"
