# Which radiomic features carry something; what a model's output is made of; and which radiomic features stand behind it,
# with one trend in every centre.


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


rule explain_model:
    input:
        deep=lambda wildcards: (
            [
                LAYOUT.deep_features(wildcards.model, c)
                for c in STUDY.centers_of("train")
            ]
            if wildcards.model in PLAN.networks
            else []
        ),
        heads=lambda wildcards: [
            of.heads
            for of in final_fits(wildcards.model)
            if wildcards.model in PLAN.networks
        ],
        fitted=lambda wildcards: [
            file
            for of in final_fits(wildcards.model)
            if wildcards.model in PLAN.tabular_models
            for file in (of.fitted, of.description)
        ],
        ages=lambda wildcards: age_tables(wildcards.model, *STUDY.centers_of("train")),
        sexes=lambda wildcards: sex_tables(wildcards.model, *STUDY.centers_of("train")),
        features=lambda wildcards: (
            [LAYOUT.radiomics(center) for center in STUDY.centers_of("train")]
            if wildcards.model in PLAN.tabular_models
            else []
        ),
        splits=rules.split_development.output.splits,
    output:
        values=LAYOUT.shap_values("{model}"),
        folds=LAYOUT.explained("{model}"),
    log:
        LAYOUT.log("explain_model", "{model}"),
    wildcard_constraints:
        model=any_of(PLAN.explained_models),
    conda:
        "../../envs/training.yaml"
    resources:
        mem_mb=memory(6000),
        runtime=minutes(120),
    params:
        code=code_with_kind("explain_model.py", "explanation"),
        kind=lambda wildcards: STUDY.models[wildcards.model].kind,
        stage=lambda wildcards: PLAN.final_stage(wildcards.model),
        folds={fold: PLAN.folds[fold].scenario for fold in PLAN.cross_validation_folds},
        share=STUDY.explanation.shap_fraction,
        tasks=lambda wildcards: list(tasks_of(STUDY.models[wildcards.model], TASKS)),
        seed=lambda wildcards: seed("explain", wildcards.model),
    message:
        "Explaining {wildcards.model}"
    script:
        "../scripts/explain_model.py"


rule find_biomarkers:
    input:
        shap=rules.explain_model.output.values,
        explained=rules.explain_model.output.folds,
        radiomics=[LAYOUT.radiomics(center) for center in PLAN.seen_centers],
        cases=case_tables(*PLAN.predicted_centers),
        effects=[LAYOUT.sent_effects(center) for center in PLAN.sent_centers],
        splits=rules.collect_splits.output.splits,
    output:
        biomarkers=report(
            LAYOUT.biomarkers("{model}"),
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "{model}"},
        ),
        links=LAYOUT.links("{model}"),
        search=report(
            LAYOUT.search("{model}"),
            caption="../report/biomarkers.rst",
            category="Biomarkers",
            labels={"model": "{model}, counts"},
        ),
    log:
        LAYOUT.log("find_biomarkers", "{model}"),
    wildcard_constraints:
        model=any_of(PLAN.explained_models),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    params:
        code=code_of("find_biomarkers.py"),
        scenarios=[scenario.name for scenario in PLAN.scenarios],
        sent=PLAN.sent_centers,
        inputs=lambda wildcards: list(
            getattr(STUDY.models[wildcards.model], "inputs", ())
        ),
        settings=dump(STUDY.explanation),
        tasks=lambda wildcards: tasks_of(STUDY.models[wildcards.model], TASKS),
    message:
        "Looking for biomarkers of {wildcards.model} that hold in every centre"
    script:
        "../scripts/find_biomarkers.py"


rule draw_examples:
    input:
        biomarkers=rules.find_biomarkers.output.biomarkers,
        radiomics=[LAYOUT.radiomics(center) for center in PLAN.seen_centers],
        folders=lambda wildcards: case_folders(*PLAN.seen_centers),
        lists=case_lists(*PLAN.seen_centers),
    output:
        picture=LAYOUT.examples("{model}"),
    log:
        LAYOUT.log("draw_examples", "{model}"),
    wildcard_constraints:
        model=any_of(PLAN.explained_models),
    conda:
        "../../envs/imaging.yaml"
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
    params:
        code=code_of("draw_examples.py"),
        preprocessed=lambda wildcards: PREPROCESSED,
        regions=dump(STUDY.radiomics)["regions"],
    message:
        "Drawing examples of the biomarkers of {wildcards.model}"
    script:
        "../scripts/draw_examples.py"


rule evaluate_recovery:
    input:
        biomarkers=[LAYOUT.biomarkers(model) for model in PLAN.explained_models],
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
        tasks={
            name: tasks_of(STUDY.models[name], TASKS) for name in PLAN.explained_models
        },
    message:
        "Comparing the biomarkers with what was planted"
    script:
        "../scripts/evaluate_recovery.py"
