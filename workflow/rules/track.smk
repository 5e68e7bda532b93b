# The one writer of MLflow. Training jobs leave event files; many processes on one sqlite file would lock each other out.


localrules:
    track_runs,


rule track_runs:
    input:
        events=[
            f"{R}/models/{model}/{stage}/fold{fold}/events.jsonl"
            for model in MODELS
            for stage in STUDY.stages_of(model)
            for fold in folds_of(model)
        ],
        metrics=rules.evaluate.output.metrics,
        page=rules.write_report.output.page,
    output:
        # The database itself is no declared output: Snakemake deletes outputs before it repeats a job.
        runs=f"{R}/tracking/runs.tsv",
    log:
        f"{R}/logs/track_runs.log",
    conda:
        "../../envs/tracking.yaml"
    resources:
        mlflow_writer=1,
    params:
        code=code_of("track_runs.py"),
        uri=STUDY.tracking_uri or f"sqlite:///{R}/mlflow.db",
        artifacts=f"{R}/mlartifacts",
        study=WHOLE_STUDY,
    message:
        "Bringing the runs into MLflow"
    script:
        "../scripts/track_runs.py"
