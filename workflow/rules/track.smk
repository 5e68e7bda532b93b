# The one writer of MLflow. Training jobs leave event files; many processes on one sqlite file would lock each other out.


localrules:
    track_runs,


rule track_runs:
    input:
        events=[LAYOUT.model(*fit).events for fit in PLAN.fits()],
        metrics=rules.evaluate.output.metrics,
        page=rules.write_report.output.page,
    output:
        # The database itself is no declared output: Snakemake deletes outputs before it repeats a job.
        runs=LAYOUT.runs(),
    log:
        LAYOUT.log("track_runs"),
    conda:
        "../../envs/tracking.yaml"
    resources:
        mlflow_writer=1,
    params:
        code=code_of("track_runs.py"),
        uri=STUDY.tracking_uri or f"sqlite:///{LAYOUT.database()}",
        artifacts=str(LAYOUT.artifacts()),
        study=WHOLE_STUDY,
    message:
        "Bringing the runs into MLflow"
    script:
        "../scripts/track_runs.py"
