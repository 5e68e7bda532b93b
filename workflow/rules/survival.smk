# What became of the patients. Only where a case table tells of survival (`followed_centers`): in other studies no job
# asks for this rule.


rule evaluate_survival:
    input:
        outcomes=lambda wildcards: [LAYOUT.outcomes(c) for c in followed_centers()],
        # what tells the volume of a tumour
        volumes=lambda wildcards: [
            LAYOUT.radiomics(c) if STUDY.is_tabular else LAYOUT.qc(c)
            for c in followed_centers()
        ],
        approval=LAYOUT.approval(),
    output:
        groups=report(
            LAYOUT.evaluation("survival_groups"),
            caption="../report/survival.rst",
            category="Evaluation",
            labels={"table": "survival of groups"},
        ),
        curves=LAYOUT.evaluation("survival_curves"),
        models=report(
            LAYOUT.evaluation("survival_models"),
            caption="../report/survival.rst",
            category="Evaluation",
            labels={"table": "Cox baseline beside age"},
        ),
        hazards=LAYOUT.evaluation("survival_hazards"),
    log:
        LAYOUT.log("evaluate_survival"),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(4000),
        runtime=minutes(30),
    params:
        code=code_of("evaluate_survival.py"),
        settings=INTERVALS,
        followed=lambda wildcards: followed_centers(),
        scenarios=lambda wildcards: PLAN.scenarios_among(*followed_centers()),
        seed=seed("evaluate_survival"),
    message:
        "Evaluating survival"
    script:
        "../scripts/evaluate_survival.py"
