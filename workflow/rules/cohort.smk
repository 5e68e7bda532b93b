# One case table a centre, in the same columns whatever the source; one centre's table never wakes another's jobs.


rule build_case_table:
    input:
        made=lambda wildcards: made_folders(wildcards.center),
        contents=lambda wildcards: made_contents(wildcards.center),
    output:
        cases=LAYOUT.case_table("{center}"),
        hidden=LAYOUT.hidden_labels("{center}"),
        findings=LAYOUT.source_findings("{center}"),
    log:
        LAYOUT.log("build_case_table", "{center}"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code_of("build_case_table.py"),
        center=uncounted(lambda wildcards: dump(STUDY.centers[wildcards.center])),
        data_root=uncounted(DATA_ROOT),
        reading=uncounted(lambda wildcards: reading(wildcards.center)),
        content=lambda wildcards: table_content(wildcards.center),
    message:
        "Reading the case table of {wildcards.center}"
    script:
        "../scripts/build_case_table.py"


# Splits, fits and predictions read these, not the whole table: who reads no age is not repeated by one.
rule select_columns:
    input:
        made=lambda wildcards: made_folders(wildcards.center),
        contents=lambda wildcards: made_contents(wildcards.center),
    output:
        table=LAYOUT.results / "cohort/{columns}/{center}.tsv",
    log:
        LAYOUT.log("select_columns", "{columns}", "{center}"),
    wildcard_constraints:
        columns=any_of(COLUMNS),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code_of("select_columns.py"),
        center=uncounted(lambda wildcards: dump(STUDY.centers[wildcards.center])),
        data_root=uncounted(DATA_ROOT),
        reading=uncounted(lambda wildcards: reading(wildcards.center)),
        columns=uncounted(lambda wildcards: COLUMNS[wildcards.columns]),
        content=lambda wildcards: table_content(
            wildcards.center, COLUMNS[wildcards.columns]
        ),
    message:
        "Reading the {wildcards.columns} of {wildcards.center}"
    script:
        "../scripts/select_columns.py"


rule collect_cohort:
    input:
        cases=case_tables(*PLAN.centers),
    output:
        cases=report(
            LAYOUT.cases(),
            caption="../report/cases.rst",
            category="Cohort",
            labels={"table": "cases"},
        ),
    log:
        LAYOUT.log("collect_cohort"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("collect_tables.py"),
    message:
        "Collecting the case tables of {PLAN.centers}"
    script:
        "../scripts/collect_tables.py"
