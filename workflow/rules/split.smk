# Folds by patient. Development centres are split without a look at external ones, so that nothing before `predict`
# depends on an external centre.


rule split_development:
    input:
        cases=cohort_tables(*DEVELOPMENT),
        qc=qc_tables(*DEVELOPMENT),
    output:
        splits=f"{R}/splits/development.tsv",
    log:
        f"{R}/logs/split_development.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("split_development.py"),
        scenarios=[dump(scenario) for scenario in STUDY.scenarios],
        tasks=TASKS,
        folds=STUDY.split.folds,
        seed=seed("split"),
    message:
        "Dividing the patients of {DEVELOPMENT} into {STUDY.split.folds} folds"
    script:
        "../scripts/split_development.py"


rule split_external:
    input:
        cases=cohort_tables("{center}"),
        qc=qc_tables("{center}"),
    output:
        splits=f"{R}/splits/external/{{center}}.tsv",
    log:
        f"{R}/logs/split_external/{{center}}.log",
    wildcard_constraints:
        center=any_of(EXTERNAL),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("split_external.py"),
        scenarios=[dump(scenario) for scenario in STUDY.scenarios],
        folds=STUDY.split.folds,
    message:
        "Listing the external cases of {wildcards.center}"
    script:
        "../scripts/split_external.py"


rule collect_splits:
    input:
        splits=lambda wildcards: sorted(
            {table for center in CENTERS for table in splits_of(center)}
        ),
    output:
        splits=report(
            f"{R}/splits.tsv",
            caption="../report/splits.rst",
            category="Cohort",
            labels={"table": "splits"},
        ),
    log:
        f"{R}/logs/collect_splits.log",
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("collect_tables.py"),
    message:
        "Collecting the splits"
    script:
        "../scripts/collect_tables.py"
