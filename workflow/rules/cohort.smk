# One case table a centre, in the same columns whatever the source; one centre's table never wakes another's jobs.


rule build_case_table:
    input:
        unpack(source_tables),
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
        center=lambda wildcards: dump(STUDY.centers[wildcards.center]),
        data_root=str(STUDY.data_path("{data_root}")),
        labels=STUDY.labels,
        # A phantom's further labels are dealt by lot; its other labels are in the simulated table.
        label_seed=lambda wildcards: (
            STUDY.seed if STUDY.labels and wildcards.center in PHANTOMS else None
        ),
        # A collection finds tables in its own folder, which are no inputs here: a label corrected there counts, too.
        rows=table_digest,
        contents=lambda wildcards: contents(
            center_source(wildcards.center, STUDY).tables()
        ),
        keep=lambda wildcards: PLAN.labels_kept(wildcards.center),
        shuffle_seed=lambda wildcards: (
            seed("shuffle", wildcards.center) if STUDY.shuffle_labels else None
        ),
    message:
        "Reading the case table of {wildcards.center}"
    script:
        "../scripts/build_case_table.py"


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
