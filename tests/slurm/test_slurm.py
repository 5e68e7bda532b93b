"""Real jobs through a real SLURM of one node: a whole study, and what happens to jobs on a cluster.

The cluster keeps no accounts, as many small ones do: there the plugin's own choice, `sacct`, waits for ever.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.programs import skip_or_fail
from tests.slurm.one_node import Cluster, one_node, why_not

pytestmark = pytest.mark.slow

# The shipped profile, but for how seldom it asks: a test's jobs take seconds.
IMPATIENT = ["--slurm-init-seconds-before-status-checks", "3", "--max-status-checks-per-second", "1"]
PARTITIONS = {
    "partitions": {"cpu": {"max_runtime": "1d", "max_threads": 8}, "gpu": {"max_runtime": "1d", "max_gpu": 1}}
}
SCANNER = {"voxel_mm": [4, 4, 4]}
PATIENTS = {"prevalence": {"glioblastoma": 1, "astrocytoma": 1}, "scanner": SCANNER}
NET = {"kind": "cmtlnet", "preset": "tiny", "modalities": ["t1c", "flair"], "input_shape": [32, 32, 32]}
STUDY = {
    "title": "Tiny study through SLURM",
    "seed": 2,  # deals two patients of each class
    "centers": {
        "A": {"role": "train", "source": {"kind": "phantom", "cases": 4, **PATIENTS}},
        "X": {"role": "external", "source": {"kind": "phantom", "cases": 1, **PATIENTS}},
    },
    "tasks": {"idh": {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}},
    "preprocessing": {"spacing_mm": 6, "coregistration": False, "brain_extraction": "none"},
    "split": {"folds": 2},
    "models": {"net": {**NET, "common_epochs": 1, "unique_epochs": 1, "steps_per_epoch": 2, "stages": ["supervised"]}},
    "compute": {"gpus": 0},  # the cluster's GPU is a fake, on which no network computes
    "prediction": {"passes": 2},
    "radiomics": {"regions": {"whole": [1, 2, 4]}},
    "evaluation": {"resamples": 100},
}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    skip_or_fail("slurm", why_not())
    with one_node(tmp_path_factory.mktemp("slurm")) as running:
        yield running


STARTED: list[subprocess.Popen[bytes]] = []
"""Every Snakemake that was started."""


@pytest.fixture(autouse=True)
def nothing_left(cluster: Cluster) -> Iterator[None]:
    """End what a failed test leaves behind: it would take the next one's place on the node."""
    yield
    left = [run for run in STARTED if run.poll() is None]
    for run in left:
        run.kill()
        run.wait(20)
    if left:
        cluster.ask("scancel", "--user=root")
        cluster.ask("scontrol", "update", f"NodeName={cluster.host}", "State=RESUME")


def copy_of(repository: Path, folder: Path, study: dict) -> Path:
    """A study in a copy of the repository of its own."""
    for part in ("workflow", "src", "envs"):
        shutil.copytree(repository / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(repository / "Snakefile", folder / "Snakefile")
    (folder / "profiles").symlink_to("workflow/profiles")
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return folder


def snakemake(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start Snakemake in a folder; what it says is in `said.log` there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "PYTEST_"))}
    with (folder / "said.log").open("wb") as said:
        command = [sys.executable, "-m", "snakemake", *arguments]
        STARTED.append(subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT, env=environment))
    return STARTED[-1]


def through_slurm(folder: Path, repository: Path, *arguments: str) -> subprocess.Popen[bytes]:
    (folder / "partitions.yaml").write_text(yaml.safe_dump(PARTITIONS), encoding="utf-8")
    profile = ["--profile", str(repository / "workflow/profiles/slurm"), *IMPATIENT]
    return snakemake(folder, *profile, "--slurm-partition-config", "partitions.yaml", *arguments)


def finish(run: subprocess.Popen[bytes], folder: Path, seconds: float) -> str:
    """Wait for the end of a run, and return what it said."""
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        state = subprocess.run("squeue; sinfo --list-reasons", shell=True, capture_output=True, text=True, check=False)
        said = (folder / "said.log").read_text(encoding="utf-8")[-2000:]
        pytest.fail(f"not done after {seconds} s:\n{state.stdout}{said}", pytrace=False)
    return (folder / "said.log").read_text(encoding="utf-8")


def until(there: Callable[[], object], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            pytest.fail(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def line_of(said: str, rule: str) -> str:
    """What was said of a rule's job, at the run's end, or else when it happened."""
    lines = re.findall(rf"^(?:  - )?({rule}(?: \(.*\))?, .*)$", said, re.MULTILINE)
    return lines[-1] if lines else ""


# What happens to jobs


@pytest.fixture(scope="module")
def faults(cluster: Cluster, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run whose jobs all ended in their own way, and what it said."""
    folder = tmp_path_factory.mktemp("faults")
    snakefile = ["--snakefile", str(repository / "tests/slurm/faults.smk"), "--directory", str(folder)]
    run = through_slurm(folder, repository, *snakefile, "--config", f"repository={repository}", "--retries", "1")
    until((folder / "started").exists, 240, "the job that is to be cancelled has started")
    queue = cluster.ask("squeue", "--noheader", "--format=%i %k")
    cluster.ask("scancel", next(line.split()[0] for line in queue.splitlines() if "rule_cancelled" in line))
    return folder, finish(run, folder, 600)


def test_a_job_over_its_memory_is_told_as_such_and_has_more_when_tried_again(faults):
    folder, said = faults
    assert "150 MB" in line_of(said, "hungry")
    assert "it is tried again with more" in line_of(said, "hungry")
    assert (folder / "hungry").exists()


def test_a_job_over_its_time_is_told_as_such_with_the_key_that_gives_more(faults):
    assert "--set-resources 'slow:runtime=attempt*2'" in line_of(faults[1], "slow")


def test_a_cancelled_job_is_told_as_such_and_not_tried_again(faults):
    _, said = faults
    assert "scancel" in line_of(said, "cancelled")
    assert len(re.findall(r"slurm_logs/rule_cancelled/\d+\.log\)\.", said)) == 1
    assert len(re.findall(r"slurm_logs/rule_wrong/\d+\.log\)\.", said)) == 2


def test_an_error_for_a_person_and_a_silent_end_are_told(faults):
    assert "case P-1: no such file" in line_of(faults[1], "wrong")
    assert "SIGKILL" in line_of(faults[1], "killed")


def test_each_line_names_a_log_that_is_there(faults):
    folder, said = faults
    for rule in ("slow", "cancelled", "wrong", "killed"):
        assert (folder / re.findall(r"SLURM's log: (\S+)", line_of(said, rule))[0]).is_file()


def test_a_job_has_what_it_asked_for_and_no_more(faults):
    """The GPU and the cores of its allocation, not of the node (8 cores here), and the partition that has GPUs."""
    threads, gpus, device, partition, cores, openmp = (faults[0] / "given").read_text().split()
    assert (threads, gpus, device, partition, openmp) == ("2", "1", "0", "gpu", "2")
    assert int(cores) <= 2


# A whole study


@pytest.fixture(scope="module")
def studies(cluster: Cluster, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The same study through SLURM and on this machine, and what the first one said."""
    far, near = (copy_of(repository, tmp_path_factory.mktemp(name) / "copy", STUDY) for name in ("far", "near"))
    given = ["--configfile", "study.yaml"]
    said = finish(through_slurm(far, repository, *given), far, 1500)
    local = finish(snakemake(near, "--cores", "2", *given), near, 1500)
    assert (near / "results/report/index.html").exists(), local[-4000:]
    return far, near, said


def test_a_study_through_slurm_is_the_study_of_one_machine(studies):
    far, near, said = studies
    assert (far / "results/report/index.html").exists(), said[-4000:]
    kinds = ("*.tsv", "*.tsv.gz", "*.pt")
    tables = [path.relative_to(near) for kind in kinds for path in (near / "results").rglob(kind)]
    # What a job costs, and when it ran, is not the study's.
    tables = [table for table in tables if table.parts[1] not in ("benchmarks", "tracking", "mlartifacts")]
    assert len(tables) > 20
    assert [str(table) for table in tables if (near / table).read_bytes() != (far / table).read_bytes()] == []


def test_its_jobs_went_through_the_queue_under_readable_names(studies):
    far, _, said = studies
    sent = re.findall(r"has been submitted with SLURM jobid \d+ \(log: (.*?)\)", said)
    assert len(sent) > 30
    assert any("rule_preprocess_case/A_A-001/" in log for log in sent)
    assert not list((far / "results/slurm_logs").rglob("*.log"))  # what succeeded says nothing more


def test_a_training_goes_on_after_its_time_and_after_its_node(studies, cluster: Cluster, repository: Path):
    """Ended by its time limit, then by its node, it learns what an undisturbed one learns."""
    far, near, _ = studies
    net = {**STUDY["models"]["net"], "unique_epochs": 60}
    for folder in (far, near):
        (folder / "study.yaml").write_text(yaml.safe_dump({**STUDY, "models": {"net": net}}), encoding="utf-8")
    fit = Path("results/models/net/supervised/fold0")
    target = [str(fit / "weights.pt"), "--configfile", "study.yaml"]
    log, checkpoints = far / "results/logs/train/net/supervised/fold0.log", far / "results/checkpoints"
    run = through_slurm(far, repository, *target)

    until(lambda: list(checkpoints.rglob("last.ckpt")), 300, "the training's first epoch")
    first = hold_training(cluster)
    cluster.ask("scontrol", "update", f"JobId={first}", "TimeLimit=1")
    until(lambda: training_job(cluster, but=first), 300, "its second attempt, after the time limit")
    # Between two attempts Snakemake takes the log away.
    until(lambda: log.exists() and "resumed after" in log.read_text(), 300, "its going on")
    second = hold_training(cluster)
    cluster.ask("scontrol", "update", f"NodeName={cluster.host}", "State=DOWN", "Reason=test")
    cluster.wait_until("PENDING", "squeue", "--noheader", f"--jobs={second}", "--format=%T")
    until(lambda: runs_again(cluster, second), 120, "its start on the node that came back")
    said = finish(run, far, 600)
    assert "it is tried again with more" in line_of(said, "train_image")
    assert "resumed after" in log.read_text()
    assert run.returncode == 0

    assert snakemake(near, "--cores", "2", *target).wait(600) == 0
    for name in ("weights.pt", "model.json"):
        assert (far / fit / name).read_bytes() == (near / fit / name).read_bytes()


def training_job(cluster: Cluster, but: str = "") -> str:
    """The number of the training in the queue; empty where there is none, or only one that is known."""
    queue = [line.split() for line in cluster.ask("squeue", "--noheader", "--format=%i %k").splitlines()]
    return next((number for number, comment in queue if "rule_train_image" in comment and number != but), "")


def runs_again(cluster: Cluster, job: str) -> bool:
    """Ask once more for a job whose node came back.

    SLURM drains a node on which it still sees the job's old steps, and holds the job; by itself it waits for two minutes.
    """
    if cluster.ask("squeue", "--noheader", f"--jobs={job}", "--format=%T").strip() == "RUNNING":
        return True
    cluster.ask("scontrol", "update", f"NodeName={cluster.host}", "State=RESUME")
    cluster.ask("scontrol", "release", job)
    cluster.ask("scontrol", "update", f"JobId={job}", "StartTime=now")
    time.sleep(3)
    return False


def hold_training(cluster: Cluster) -> str:
    """Stop the training's process where it is, so that what comes finds it at work; returns its job's number."""
    job = training_job(cluster)
    pids = [line.split()[0] for line in cluster.ask("scontrol", "listpids", job).splitlines()[1:]]
    for pid in pids:
        if "train_image.py" in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(int(pid), signal.SIGSTOP)
    return job


# What a cluster may do


def test_a_scheduler_that_is_away_for_a_while_loses_no_job(cluster: Cluster, repository: Path, tmp_path: Path):
    snakefile = ["--snakefile", str(repository / "tests/slurm/faults.smk"), "--directory", str(tmp_path)]
    run = through_slurm(tmp_path, repository, *snakefile, "--config", f"repository={repository}", "--", "waited")
    until((tmp_path / "waiting").exists, 240, "the job has started")
    cluster.stop("slurmctld")
    time.sleep(15)  # several questions without an answer
    cluster.start_controller()
    said = finish(run, tmp_path, 300)
    assert (tmp_path / "waited").exists(), said[-2000:]
    assert "sacct' for status queries" not in said
    assert run.returncode == 0


def test_sacct_is_refused_where_no_accounts_are_kept(cluster: Cluster, repository: Path, tmp_path: Path):
    """Before, the study waited for ever, without a word."""
    snakefile = ["--snakefile", str(repository / "tests/slurm/faults.smk"), "--directory", str(tmp_path)]
    config = ["--config", f"repository={repository}", "--slurm-status-command", "sacct"]
    run = through_slurm(tmp_path, repository, *snakefile, *config)
    assert "keeps no accounts" in finish(run, tmp_path, 120)
    assert run.returncode == 1
