# Hospitals that keep their scans, and sent what a bundle of this study says of them (`source: {kind: predictions}`): their
# rows stand in for those of a prediction, their summaries for features and images.


rule import_predictions:
    input:
        splits=lambda wildcards: splits_of(wildcards.center),
        fits=lambda wildcards: [
            LAYOUT.model(*fit).description
            for fit in PLAN.predicting_fits(wildcards.model, wildcards.center)
        ],
        ensemble=rules.describe_ensemble.output.description,
    output:
        predictions=LAYOUT.fold_predictions("{model}", "{center}"),
    log:
        LAYOUT.log("import_predictions", "{model}", "{center}"),
    wildcard_constraints:
        center=any_of(PLAN.sent_centers),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code_of("import_predictions.py"),
        folder=uncounted(
            lambda wildcards: str(center_source(wildcards.center, STUDY).folder)
        ),
        sent=lambda wildcards: sent_files(wildcards.center),
        members=lambda wildcards: members(
            PLAN.predicting_fits(wildcards.model, wildcards.center)
        ),
        shuffled=bool(STUDY.shuffle_labels),
    message:
        "Importing what {wildcards.center} sent of {wildcards.model}"
    script:
        "../scripts/import_predictions.py"


rule import_summaries:
    output:
        effects=LAYOUT.sent_effects("{center}"),
        quality=LAYOUT.sent_quality("{center}"),
    log:
        LAYOUT.log("import_summaries", "{center}"),
    wildcard_constraints:
        center=any_of(PLAN.sent_centers),
    conda:
        "../../envs/tables.yaml"
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code_of("import_summaries.py"),
        folder=uncounted(
            lambda wildcards: str(center_source(wildcards.center, STUDY).folder)
        ),
        sent=lambda wildcards: sent_files(wildcards.center),
    message:
        "Importing the summaries that {wildcards.center} sent"
    script:
        "../scripts/import_summaries.py"
