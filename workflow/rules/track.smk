# The one writer of MLflow. Training jobs leave event files; many processes on one sqlite file would lock each other out.

import os
import subprocess

TRACKING_URI = STUDY.tracking_uri or f"sqlite:///{LAYOUT.database()}"


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
        results=STUDY.results,
    message:
        "Bringing the runs into MLflow"
    script:
        "../scripts/track_runs.py"


# Curves of running trainings reach a server while they run. One process reads the jobs' own files and sends them, so
# that no training ever waits for a server; it ends with this one.
def stream_curves():
    """Start that process."""
    if workflow.is_main_process and TRACKING_URI.startswith("http"):
        live = Path(LAYOUT.log("track_live"))
        live.parent.mkdir(parents=True, exist_ok=True)
        subprocess.Popen(
            [sys.executable, "-m", "gliomanet.tracking.live", str(LAYOUT.results)]
            + [STUDY.title, STUDY.tracking_experiment, str(os.getpid())],
            # Arguments are seen by everybody, and the address may hold a password.
            env=os.environ
            | {"PYTHONPATH": str(ROOT / "src"), "GLIOMANET_TRACKING_URI": TRACKING_URI},
            stdout=live.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C ends the run, and with it this one, which then sends what is left
        )


onsuccess:
    if workflow.is_main_process and LAYOUT.comparison().is_file():
        print(
            f"Report: {LAYOUT.page()}\nCompare with other studies: {LAYOUT.comparison()}"
        )
