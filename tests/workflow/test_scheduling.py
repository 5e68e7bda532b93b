"""Snakemake's scheduler, which is to look for jobs when one ends, and once a second while some are waiting."""

import subprocess
import sys
from pathlib import Path

SNAKEFILE = """
from snakemake.scheduling.job_scheduler import JobScheduler

select, looks = JobScheduler.job_selector, Path("looks.txt")


def counted(scheduler, jobs):
    with looks.open("a") as file:
        file.write("look\\n")
    return select(scheduler, jobs)


JobScheduler.job_selector = counted


include: "{rules}"


rule all:
    input:
        "first.last",
        "second.last",


rule one:
    output:
        touch("{{number}}.txt"),


rule last:
    input:
        expand("{{number}}.txt", number=range(20)),
    output:
        touch("{{name}}.last"),
    shell:
        "sleep 3"
"""


def test_it_does_not_look_the_more_often_the_more_jobs_are_done(tmp_path: Path, repository: Path) -> None:
    rules = repository / "workflow" / "rules" / "scheduling.smk"
    (tmp_path / "Snakefile").write_text("from pathlib import Path\n" + SNAKEFILE.format(rules=rules), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--max-jobs-per-timespan", "100/1s", "--quiet", "all"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "second.last").exists()
    looks = (tmp_path / "looks.txt").read_text(encoding="utf-8").splitlines()
    # a look at the start of each of 22 jobs, at the end of each, and once a second; of a timer each, over a hundred
    assert len(looks) < 70
