# The one writer of MLflow. Training jobs leave event files; many processes on one sqlite file would lock each other out.


localrules:
    track_runs,


rule track_runs:
    input:
        events=[LAYOUT.model(*fit).events for fit in PLAN.fits()],
        cases=rules.collect_cohort.output.cases,
        metrics=rules.evaluate.output.metrics,
        page=rules.write_report.output.page,
        study=rules.write_report.output.study,
    output:
        # The database itself is no declared output: Snakemake deletes outputs before it repeats a job.
        runs=LAYOUT.runs(),
        comparison=LAYOUT.comparison(),
    log:
        LAYOUT.log("track_runs"),
    conda:
        "../../envs/tracking.yaml"
    resources:
        mlflow_writer=1,
    params:
        code=code_of("track_runs.py"),
        uri=TRACKING_URI,
        experiment=STUDY.tracking_experiment,
        results=lambda wildcards: STUDY.results,
    message:
        "Bringing the runs into MLflow"
    script:
        "../scripts/track_runs.py"


onsuccess:
    if workflow.is_main_process and LAYOUT.comparison().is_file():
        print(
            f"Report: {LAYOUT.page()}\nCompare with other studies: {LAYOUT.comparison()}"
        )
