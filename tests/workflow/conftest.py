"""Dry runs of the whole DAG over small fake cohorts: seconds each, and no image is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflow.warm_start import run_program

MODALITIES = ("t1", "t1c", "t2", "flair")


@dataclass(frozen=True)
class Job:
    rule: str
    wildcards: dict[str, str]
    input: list[str]
    resources: dict[str, int]


@dataclass(frozen=True)
class Run:
    """What Snakemake said: its exit status, its text, and the jobs it announced."""

    status: int
    text: str
    jobs: list[Job]

    def of(self, rule: str) -> list[Job]:
        return [job for job in self.jobs if job.rule == rule]

    def count(self, rule: str) -> int:
        return len(self.of(rule))

    @property
    def rules(self) -> set[str]:
        return {job.rule for job in self.jobs}

    @property
    def centers(self) -> set[str]:
        return {job.wildcards["center"] for job in self.jobs if "center" in job.wildcards}


Snakemake = Callable[..., Run]


CODE = Path("results/cache/code.json")
DIGESTS: dict[Path, bytes] = {}
"""Snakefile → what its last run knew of its jobs' code; the next one, in an empty folder, need not find it out again."""


def run_snakemake(folder: Path, snakefile: Path, *arguments: str, program: str = "listed_jobs.py") -> Run:
    """Run Snakemake in `folder`, as a user would, in a process of its own.

    Args:
        program: `listed_jobs.py`, whose jobs are those announced, or `stub_jobs.py`, whose jobs are those that ran.
    """
    jobs = folder / "announced-jobs.jsonl"
    jobs.unlink(missing_ok=True)
    code = folder / CODE
    if snakefile in DIGESTS and not code.exists():
        code.parent.mkdir(parents=True, exist_ok=True)
        code.write_bytes(DIGESTS[snakefile])
    given = [str(jobs), "-s", str(snakefile), "--directory", str(folder), *arguments]
    status, text = run_program(Path(__file__).with_name(program), given, folder)
    if code.exists():
        DIGESTS[snakefile] = code.read_bytes()
    lines = jobs.read_text(encoding="utf-8").splitlines() if jobs.exists() else []
    return Run(status, text, [Job(**json.loads(line)) for line in lines])


@pytest.fixture
def snakemake(repository: Path, tmp_path: Path) -> Snakemake:
    """Dry-run a configuration in an empty folder; further arguments replace `-n`."""

    def run(config: dict[str, Any], *arguments: str) -> Run:
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        given = [*(arguments or ("-n",)), "--configfile", str(tmp_path / "study.yaml")]
        return run_snakemake(tmp_path, repository / "Snakefile", *given)

    return run


def phantom(role: str = "train", cases: int = 3, **source: Any) -> dict[str, Any]:
    return {"role": role, "source": {"kind": "phantom", "cases": cases, **source}}


IMAGE_NET = {"kind": "cmtlnet", "preset": "tiny", "input_shape": [32, 32, 32], "common_epochs": 1, "unique_epochs": 1}
LOGISTIC = {"kind": "logistic"}


def study(**changes: Any) -> dict[str, Any]:
    """A small valid study; `changes` replace its keys."""
    base: dict[str, Any] = {
        "centers": {"A": phantom(), "B": phantom("external")},
        "models": {"net": {**IMAGE_NET, "stages": ["supervised"]}, "logistic": LOGISTIC},
        "split": {"folds": 2},
    }
    return {**base, **changes}


@pytest.fixture
def table_center(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A centre of empty image files with a case table: enough for a DAG, not for a job."""

    def make(name: str, rows: list[dict[str, str]], role: str = "train") -> dict[str, Any]:
        folder = tmp_path / name
        lines = ["\t".join(("case_id", *MODALITIES, "idh", "codel_1p19q", "grade"))]
        for row in rows:
            files = {c: f"{row['case_id']}/{c}.nii.gz" for c in row.get("modalities", ",".join(MODALITIES)).split(",")}
            (folder / row["case_id"]).mkdir(parents=True, exist_ok=True)
            for file in files.values():
                (folder / file).touch()
            labels = [row.get(label, "") for label in ("idh", "codel_1p19q", "grade")]
            lines.append("\t".join([row["case_id"], *(files.get(c, "") for c in MODALITIES), *labels]))
        (folder / "cases.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {"role": role, "source": {"kind": "table", "path": str(folder / "cases.tsv")}}

    return make


def make_feature_center(folder: Path, cases: int = 6, role: str = "train") -> dict[str, Any]:
    """A centre in the UTSW collection's layout: a feature table and a clinical table."""
    folder.mkdir(parents=True)
    # Ids of the collection whose layout this is, other ones in each centre.
    ids = [f"BT{100 * ord(folder.name[-1]) % 9000 + number:04d}" for number in range(cases)]
    features = ["PatientID,IDH_mutant,original_shape_Elongation_FLAIR"]
    clinical = ["Subject ID\tSex at birth\tAge at Imaging\tTumor Type\tTumor Grade\tIDH\t1p19Q CODEL"]
    for number, case in enumerate(ids):
        mutant = number % 2
        features.append(f"{case},{mutant},0.{number}")
        status = ("mutated", "co-deleted", "2") if mutant else ("wild type", "non co-deleted", "4")
        clinical.append(f"{case}\tF\t{50 + number}\tGLIOMA\t{status[2]}\t{status[0]}\t{status[1]}")
    (folder / "features.csv").write_text("\n".join(features) + "\n", encoding="utf-8")
    (folder / "clinical.tsv").write_text("\n".join(clinical) + "\n", encoding="utf-8")
    source = {"kind": "features", "format": "utsw", "path": str(folder / "features.csv")}
    return {"role": role, "source": {**source, "clinical": str(folder / "clinical.tsv")}}


@pytest.fixture
def feature_center(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A centre of feature tables below the test's folder, by name: `make_feature_center`."""

    def make(name: str, cases: int = 6, role: str = "train") -> dict[str, Any]:
        return make_feature_center(tmp_path / name, cases, role)

    return make


def copy_project(repository: Path, folder: Path) -> None:
    """A copy of the workflow and the library that tests may edit, as a user's clone of the repository."""
    for part in ("workflow", "src", "envs"):
        shutil.copytree(repository / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(repository / "Snakefile", folder / "Snakefile")
    (folder / "profiles").symlink_to("workflow/profiles")  # where Snakemake looks, beside the Snakefile
