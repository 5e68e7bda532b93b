"""Environments of which nothing but their own pins is visible, and a study's jobs run in them without Snakemake.

Snakemake appends the packages of its own environment to the path of every script, which hides what a rule's environment
lacks. So jobs are asked of Snakemake as plain values, and each script is run by its environment's own Python.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Job:
    """A job as plain values: its script, and what the script finds in `snakemake`."""

    rule: str
    script: Path
    fields: dict[str, Any]

    @property
    def outputs(self) -> list[Path]:
        return [Path(file) for file in self.fields["output"][0]]


def pins_of(environment: Path) -> dict[str, str]:
    """Package → version, of an environment's file and of the script that completes it."""
    listed = yaml.safe_load(environment.read_text())["dependencies"][-1]["pip"]
    deploy = environment.with_suffix(".post-deploy.sh")
    built = re.findall(r"\S+==\S+", deploy.read_text()) if deploy.exists() else []
    return dict(pin.split("==") for pin in [*listed, *built])


def link_environment(environment: Path, folder: Path) -> Path:
    """The Python of a new environment that holds the pinned packages of this one, as hard links, and no others."""
    python = _empty_environment(folder)
    site = next(folder.glob("lib/python3*/site-packages"))
    for name, version in pins_of(environment).items():
        distribution = metadata.distribution(name)
        assert distribution.version.split("+")[0] == version, f"{name} {distribution.version} is not the pin {version}"
        for file in distribution.files or ():
            source, target = Path(str(distribution.locate_file(file))), site / file
            program = ".." in file.parts
            if not source.is_file() or (program and "bin" not in file.parts):
                continue  # manuals and the like
            target = folder / "bin" / file.name if program else target
            if target.exists():
                continue  # mlflow and mlflow-skinny have files in common
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(source, target, python if program else None)
    return python


def build_environment(environment: Path, folder: Path) -> Path:
    """The Python of a new environment that pip fills from the package index, as conda has it do, without a cache."""
    python = _empty_environment(folder, with_pip=True)
    pins = folder / "pins.txt"
    deploy = environment.with_suffix(".post-deploy.sh")
    listed = yaml.safe_load(environment.read_text())["dependencies"][-1]["pip"]
    pins.write_text("\n".join(listed) + "\n")
    visible = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}", "PYTHONPATH": ""}
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--upgrade", "--requirement", pins], check=True, env=visible
    )
    if deploy.exists():
        subprocess.run(["bash", deploy], check=True, env=visible)
    return python


def planned_jobs(folder: Path) -> list[Job]:
    """All jobs of the study in a folder, asked of Snakemake in a dry run."""
    plan = folder / "planned-jobs.pickle"
    command = [sys.executable, str(HERE / "planned_jobs.py"), str(plan), "--directory", str(folder), "-n", "--forceall"]
    command += ["-s", str(folder / "Snakefile"), "--configfile", str(folder / "study.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return [Job(rule, Path(script), fields) for rule, script, fields in pickle.loads(plan.read_bytes())]


def run_alone(python: Path, job: Job, folder: Path) -> None:
    """Run a job's script by a Python that sees its own environment and nothing else, and say which file failed."""
    given = folder / "job.pickle"
    given.write_bytes(pickle.dumps(job.fields))
    command = [python, "-I", HERE / "alone.py", job.script, given]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=clean)
    log = folder / job.fields["log"][0][0]
    said = done.stdout + done.stderr + (log.read_text() if log.exists() else "")
    assert done.returncode == 0, f"{job.script.name} in {python.parent.parent.name}:\n{said}"


def missing_imports(python: Path, names: Iterable[str]) -> str:
    """What an environment says of modules that it cannot import; "" where it has them all."""
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run([python, "-I", "-c", code, *sorted(names)], capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def _empty_environment(folder: Path, *, with_pip: bool = False) -> Path:
    venv.create(folder, with_pip=with_pip, symlinks=True)
    if not with_pip:
        for packages in folder.glob("lib/python3*/site-packages/*"):
            shutil.rmtree(packages)
    return folder / "bin" / "python"


def _link(source: Path, target: Path, python: Path | None) -> None:
    """A file of a package; programs start the Python of this environment, whoever installed them first."""
    if (
        python is not None
        and (content := source.read_bytes()).startswith(b"#!")
        and b"python" in content.split(b"\n")[0]
    ):
        target.write_bytes(f"#!{python}\n".encode() + content.split(b"\n", 1)[1])
        target.chmod(0o755)
        return
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)
