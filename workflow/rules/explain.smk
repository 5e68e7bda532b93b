# Which radiomic features carry something, and which of them stand behind a network's deep features, with one trend in
# every centre.


rule audit_features:
    input:
        radiomics=[LAYOUT.radiomics(center) for center in PLAN.measured_centers],
        splits=rules.collect_splits.output.splits,
    output:
        findings=report(
            LAYOUT.feature_findings(),
            caption="../report/audit.rst",
            category="Cohort",
            labels={"table": "audit of features"},
        ),
        void=LAYOUT.void_features(),
    log:
        LAYOUT.log("audit_features"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code_of("audit_features.py"),
        bin_widths=bin_widths_of(STUDY),
    message:
        "Auditing the radiomic features of {PLAN.measured_centers}"
    script:
        "../scripts/audit_features.py"


rule find_biomarkers:
    input:
        deep=[
            LAYOUT.deep_features("{model}", center)
            for center in PLAN.predicted_centers
        ],
        heads=lambda wildcards: [
            LAYOUT.model(
                wildcards.model, PLAN.final_stage(wildcards.model), fold
            ).heads
            for fold in PLAN.cross_validation_folds
        ],
        radiomics=[LAYOUT.radiomics(center) for center in PLAN.predicted_centers],
        cases=case_tables(*PLAN.predicted_centers),
        splits=rules.collect_splits.output.splits,
    output:
        biomarkers=report(
            LAYOUT.biomarkers("{model}"),
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "{model}"},
        ),
    log:
        LAYOUT.log("find_biomarkers", "{model}"),
    wildcard_constraints:
        model=any_of(PLAN.networks),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code_of("find_biomarkers.py"),
        stage=lambda wildcards: PLAN.final_stage(wildcards.model),
        folds=PLAN.cross_validation_folds,
        scenarios=[scenario.name for scenario in PLAN.scenarios],
        settings=dump(STUDY.explanation),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
    message:
        "Looking for biomarkers of {wildcards.model} that hold in every centre"
    script:
        "../scripts/find_biomarkers.py"


rule evaluate_recovery:
    input:
        biomarkers=[LAYOUT.biomarkers(model) for model in PLAN.networks],
        truth=rules.write_truth.output.table,
    output:
        recovery=report(
            LAYOUT.recovery(),
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "planted truth"},
        ),
    log:
        LAYOUT.log("evaluate_recovery"),
    conda:
        "../../envs/tables.yaml"
    params:
        code=code_of("evaluate_recovery.py"),
        tasks={name: tasks_of(STUDY.models[name], TASKS) for name in PLAN.networks},
    message:
        "Comparing the biomarkers with what was planted"
    script:
        "../scripts/evaluate_recovery.py"
