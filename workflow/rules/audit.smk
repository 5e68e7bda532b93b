# What is wrong, or worth knowing, with the study's tables and images: found before the hours are spent.


rule inspect_center:
    input:
        sources=center_sources,
    output:
        findings=f"{R}/audit/{{center}}.tsv",
        fingerprints=f"{R}/audit/{{center}}.npz",
        volumes=f"{R}/audit/{{center}}.volumes.tsv",
    log:
        f"{R}/logs/inspect_center/{{center}}.log",
    benchmark:
        f"{R}/benchmarks/inspect_center/{{center}}.tsv"
    priority: 100
    conda:
        "../../envs/imaging.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, threads: 1500 * threads,
        runtime=240,
    params:
        code=code_of("inspect_center.py"),
        files=center_files,
        contents=center_contents,
        settings=lambda wildcards: dump(STUDY.preprocessing_of(wildcards.center)),
    message:
        "Looking into every file of {wildcards.center}"
    script:
        "../scripts/inspect_center.py"


rule audit_cohort:
    input:
        cases=lambda wildcards: cohort_tables(*CENTERS),
        sources=lambda wildcards: expand(
            str(rules.build_case_table.output.findings), center=CENTERS
        ),
        findings=lambda wildcards: inspections("findings"),
        fingerprints=lambda wildcards: inspections("fingerprints"),
        volumes=lambda wildcards: inspections("volumes"),
        tables=audited_tables,
    output:
        findings=report(
            f"{R}/cohort/audit.tsv",
            caption="../report/audit.rst",
            category="Cohort",
            labels={"table": "audit"},
        ),
    log:
        f"{R}/logs/audit_cohort.log",
    priority: 100
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code_of("audit_cohort.py"),
        study=WHOLE_STUDY,
        excluded=sorted(
            (center, case)
            for center, decided in DECISIONS.items()
            for case, decision in decided.items()
            if decision.decision == "exclude"
        ),
    message:
        "Auditing the cohort of {CENTERS}"
    script:
        "../scripts/audit_cohort.py"


rule gate_cohort:
    input:
        findings=rules.audit_cohort.output.findings,
    output:
        approval=f"{R}/audit/approved.txt",
    log:
        f"{R}/logs/gate_cohort.log",
    priority: 100
    conda:
        "../../envs/imaging.yaml"
    params:
        code=code_of("gate_cohort.py"),
    message:
        "Refusing a study whose results would be false"
    script:
        "../scripts/gate_cohort.py"
