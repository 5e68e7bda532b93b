# What is wrong, or worth knowing, with the study's tables and images: found before the hours are spent.


rule inspect_center:
    input:
        made=lambda wildcards: made_folders(wildcards.center),
        contents=lambda wildcards: made_contents(wildcards.center),
    output:
        findings=LAYOUT.image_findings("{center}"),
        fingerprints=LAYOUT.fingerprints("{center}"),
        volumes=LAYOUT.volumes("{center}"),
        files=LAYOUT.image_files("{center}"),
    log:
        LAYOUT.log("inspect_center", "{center}"),
    priority: 100
    conda:
        "../../envs/imaging.yaml"
    threads: 4
    resources:
        mem_mb=memory(1500, each_thread=True),
        runtime=minutes(240),
    params:
        code=code_of("inspect_center.py"),
        files=uncounted(lambda wildcards: table_files(wildcards.center)),
        contents=lambda wildcards: table_contents(wildcards.center),
        mask_codes=lambda wildcards: table_mask_codes(wildcards.center),
        settings=lambda wildcards: dump(STUDY.preprocessing_of(wildcards.center)),
    message:
        "Looking into every file of {wildcards.center}"
    script:
        "../scripts/inspect_center.py"


rule audit_cohort:
    input:
        cases=case_tables(*PLAN.centers),
        sources=[LAYOUT.source_findings(center) for center in PLAN.centers],
        findings=of_images(LAYOUT.image_findings, *PLAN.centers),
        fingerprints=of_images(LAYOUT.fingerprints, *PLAN.centers),
        volumes=of_images(LAYOUT.volumes, *PLAN.centers),
    output:
        findings=report(
            LAYOUT.audit(),
            caption="../report/audit.rst",
            category="Cohort",
            labels={"table": "audit"},
        ),
    log:
        LAYOUT.log("audit_cohort"),
    priority: 100
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code_of("audit_cohort.py"),
        study=uncounted(dump(STUDY)),
        files=uncounted(lambda wildcards: {n: table_files(n) for n in PLAN.centers}),
        compared=lambda wildcards: compared_by_audit(),
        excluded=sorted(
            (center, case)
            for center, decided in DECISIONS.items()
            for case, decision in decided.items()
            if decision.decision == "exclude"
        ),
    message:
        "Auditing the cohort of {PLAN.centers}"
    script:
        "../scripts/audit_cohort.py"


rule gate_cohort:
    input:
        findings=rules.audit_cohort.output.findings,
    output:
        approval=LAYOUT.approval(),
    log:
        LAYOUT.log("gate_cohort"),
    priority: 100
    conda:
        "../../envs/imaging.yaml"
    params:
        code=code_of("gate_cohort.py"),
    message:
        "Refusing a study whose results would be false"
    script:
        "../scripts/gate_cohort.py"
