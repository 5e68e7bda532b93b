"""Changes of a finished study, and the jobs that each repeats: those that read what changed, and what follows.

The study's jobs are stubs (`stub_jobs.py`): its engine, rules, parameters and records are those of a real one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from gliomanet.labels.tasks import DEFAULT_TASKS
from tests.workflow.conftest import IMAGE_NET, MODALITIES, Run, phantom, run_snakemake

pytestmark = pytest.mark.slow

TABLES = {"A": "train", "U": "unlabelled", "X": "external", "Y": "external"}
CLASSES = [("mutant", "codeleted", "2"), ("mutant", "intact", "3"), ("wildtype", "intact", "4")]
CASES = 6
FOLLOWED = ("A", "X")
CONFIG: dict[str, Any] = {
    "title": "What wakes what",
    "centers": {
        **{
            name: {"role": role, "source": {"kind": "table", "path": f"{{data_root}}/{name}/cases.tsv"}}
            for name, role in TABLES.items()
        },
        "P": phantom(cases=3),
    },
    "models": {
        "net": IMAGE_NET,
        "features": {"kind": "tabular_net", "inputs": ["radiomics", "sex"], "stages": ["supervised"]},
        "age": {"kind": "logistic", "inputs": ["age"]},
    },
    "split": {"folds": 2},
}
FITS = ("train_image", "train_tabular", "train_stack")


@dataclass(frozen=True)
class Study:
    """A study in a folder of its own, whose jobs are stubs."""

    folder: Path
    repository: Path

    def write(self, config: dict[str, Any]) -> None:
        (self.folder / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def dry_run(self, *arguments: str) -> Run:
        run = run_snakemake(self.folder, self.snakefile, "-n", "--configfile", "study.yaml", *arguments)
        assert run.status == 0, run.text
        return run

    def run(self, *arguments: str) -> Run:
        given = ["--cores", "1", "--configfile", "study.yaml", *arguments]
        run = run_snakemake(self.folder, self.snakefile, *given, program="stub_jobs.py")
        assert run.status == 0, run.text
        return run

    @property
    def snakefile(self) -> Path:
        return self.repository / "Snakefile"


def make_center(folder: Path, name: str) -> None:
    """A centre's images, which no stub opens, and its table; those of one more case wait beside."""
    cases = pd.DataFrame([a_case(name, number) for number in range(CASES + 1)])
    for file in cases[[*MODALITIES]].to_numpy().ravel():
        (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / file).write_bytes(f"{name} {file}".encode() * 100)
    cases[:CASES].to_csv(folder / name / "cases.tsv", sep="\t", index=False)


def a_case(center: str, number: int) -> dict[str, Any]:
    case = f"{center}-{number}"
    idh, codel, grade = CLASSES[number % 3]
    labels = {"idh": idh, "codel_1p19q": codel, "grade": grade}
    files = {modality: f"{case}/{modality}.nii.gz" for modality in MODALITIES}
    survival = {"os_days": 100 + number, "os_event": number % 2} if center in FOLLOWED else {}
    return {"case_id": case, **files, **labels, "age": 40 + number, "sex": "F", **survival}


@pytest.fixture(scope="module")
def finished(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("wakes") / "study", repository)
    for name in (*TABLES, "Z"):
        make_center(study.folder / "data", name)
    study.write(CONFIG)
    ran = study.run()
    assert len(ran.jobs) == len({(job.rule, *job.wildcards.values()) for job in ran.jobs}) > 100
    return study


@pytest.fixture
def study(finished: Study, tmp_path: Path) -> Study:
    """A copy of the finished study at another place, its dates kept, which a test may change."""
    shutil.copytree(finished.folder, tmp_path / "study", symlinks=True)
    return Study(tmp_path / "study", finished.repository)


# Changes, as a person makes them


def cells(center: str, column: str, value: str, case: int = 0) -> Callable[[Study], None]:
    """Another cell of a centre's own table."""

    def change(study: Study) -> None:
        table = study.folder / "data" / center / "cases.tsv"
        rows = pd.read_csv(table, sep="\t", dtype=str)
        rows.loc[case, column] = value
        rows.to_csv(table, sep="\t", index=False)

    return change


def keys(*path: str, to: Any) -> Callable[[Study], None]:
    """Another value of a key of the study; `None` takes it away."""

    def change(study: Study) -> None:
        config = yaml.safe_load((study.folder / "study.yaml").read_text(encoding="utf-8"))
        section = config
        for name in path[:-1]:
            section = section.setdefault(name, {})
        if to is None:
            del section[path[-1]]
        else:
            section[path[-1]] = to
        study.write(config)

    return change


def all_of(*changes: Callable[[Study], None]) -> Callable[[Study], None]:
    def change(study: Study) -> None:
        for one in changes:
            one(study)

    return change


def decided(center: str, decision: str) -> Callable[[Study], None]:
    def change(study: Study) -> None:
        (study.folder / "decisions.tsv").write_text(
            f"center\tcase_id\tdecision\treason\n{center}\t{center}-1\t{decision}\t-\n"
        )
        study.write({**CONFIG, "quality": {"decisions": "decisions.tsv"}})

    return change


def image(center: str) -> Callable[[Study], None]:
    """Another image under the same name, with an old date."""

    def change(study: Study) -> None:
        file = study.folder / "data" / center / f"{center}-1" / "t1c.nii.gz"
        file.write_bytes(b"another scan" * 200)
        os.utime(file, (1_600_000_000, 1_600_000_000))

    return change


def rows(center: str, change_rows: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Study], None]:
    """Other rows or columns of a centre's own table."""

    def change(study: Study) -> None:
        table = study.folder / "data" / center / "cases.tsv"
        change_rows(pd.read_csv(table, sep="\t", dtype=str)).to_csv(table, sep="\t", index=False)

    return change


def moved_data(study: Study) -> None:
    """The data folder at another place, copied without its dates, and the study told so."""
    shutil.copytree(study.folder / "data", study.folder / "disk2/gliomas", copy_function=shutil.copyfile)
    shutil.rmtree(study.folder / "data")
    study.write({**CONFIG, "data_root": "disk2/gliomas"})


def new_dates(study: Study) -> None:
    """Every file with a new date, in an order that is not that of the jobs: as `cp -r` leaves a project."""
    files = sorted(study.folder.rglob("*"), key=lambda file: (len(file.name), file.name))
    for number, file in enumerate(files):
        if not file.is_symlink():
            os.utime(file, (1_800_000_000 + number, 1_800_000_000 + number))


def with_a_case(table: pd.DataFrame, center: str) -> pd.DataFrame:
    return pd.concat([table, pd.DataFrame([a_case(center, CASES)])])


Z = {"role": "external", "source": {"kind": "table", "path": "{data_root}/Z/cases.tsv"}}
AGAIN = {"label": "idh", "classes": {"no": ["wildtype"], "yes": ["mutant"]}}
TASKS = {name: task.model_dump(mode="json") for name, task in DEFAULT_TASKS.items()}


@dataclass(frozen=True)
class Wakes:
    """What a change repeats of the dear jobs, and a rule of the cheap ones.

    Attributes:
        change: the change.
        fits: models that are fitted anew.
        prepared: centres of whose cases one is preprocessed anew.
        predicted: centres that are predicted anew.
        besides: a rule that runs in any event; "" for a change that repeats nothing at all.
        not_run: rules that must not run.
    """

    change: Callable[[Study], None]
    besides: str
    fits: str = ""
    prepared: str = ""
    predicted: str = ""
    not_run: tuple[str, ...] = ()


ALL, READ_AGE, READ_SEX = "net features age", "age", "features"
PREPARE = ("preprocess_case", "extract_radiomics", "inspect_center")
ROWS = {
    # one centre more or fewer
    "an external centre is added": Wakes(
        keys("centers", "Z", to=Z),
        "evaluate",
        prepared="Z",
        predicted="Z",
        not_run=("describe_ensemble", "explain_model"),
    ),
    "an external centre is removed": Wakes(keys("centers", "Y", to=None), "evaluate", not_run=("build_case_table",)),
    # a cell
    "the sex of a training case": Wakes(
        cells("A", "sex", "M"), "evaluate", fits=READ_SEX, predicted="A P X Y", not_run=("split_development",)
    ),
    "the age of a training case": Wakes(
        cells("A", "age", "71"), "evaluate", fits=READ_AGE, predicted="A P X Y", not_run=("split_development",)
    ),
    "the label of a training case": Wakes(
        cells("A", "idh", "wildtype", case=1), "evaluate", fits=ALL, predicted="A P X Y"
    ),
    "the label of an external case": Wakes(cells("X", "grade", "4"), "evaluate", not_run=("split_external",)),
    "the age of an external case": Wakes(cells("X", "age", "71"), "evaluate", predicted="X"),
    "the label of an unlabelled case": Wakes(
        cells("U", "grade", "4"), "evaluate_pseudo_labels", not_run=("select_columns",)
    ),
    "a diagnosis in a hospital's words": Wakes(rows("A", lambda table: table.assign(diagnosis="GBM")), "audit_cohort"),
    "the survival of a training case": Wakes(
        cells("A", "os_days", "17"), "evaluate_survival", not_run=("split_development", "describe_ensemble")
    ),
    "a column of survival more": Wakes(
        rows("X", lambda table: table.assign(resection="GTR")), "evaluate_survival", not_run=("split_external",)
    ),
    "survival of a centre that had none": Wakes(
        rows("Y", lambda table: table.assign(os_days="9", os_event="1")), "evaluate_survival", not_run=PREPARE
    ),
    # the form of a table
    "the order of a table's columns": Wakes(rows("A", lambda table: table[[*reversed(table.columns)]]), ""),
    "the order of a table's rows": Wakes(rows("A", lambda table: table.iloc[::-1]), ""),
    "an empty column more": Wakes(rows("A", lambda table: table.assign(diagnosis="")), ""),
    "another spelling of a cell": Wakes(cells("A", "sex", "female"), ""),
    # cases and images
    "a case of a training centre is added": Wakes(
        rows("A", lambda table: with_a_case(table, "A")), "evaluate", fits=ALL, prepared="A", predicted="A P X Y"
    ),
    "a case of an external centre is added": Wakes(
        rows("X", lambda table: with_a_case(table, "X")), "evaluate", prepared="X", predicted="X"
    ),
    "a case of an external centre is removed": Wakes(
        rows("X", lambda table: table.iloc[1:]),
        "evaluate",
        predicted="X",
        not_run=("preprocess_case", "extract_radiomics"),
    ),
    "an image of a training case is replaced": Wakes(
        image("A"), "evaluate", fits=ALL, prepared="A", predicted="A P X Y"
    ),
    "an image of an external case is replaced": Wakes(image("X"), "evaluate", prepared="X", predicted="X"),
    "a training case is excluded": Wakes(
        decided("A", "exclude"), "draw_quality", fits=ALL, predicted="A P X Y", not_run=PREPARE
    ),
    "an external case is excluded": Wakes(decided("X", "exclude"), "draw_quality", predicted="X", not_run=PREPARE),
    "a person keeps a training case": Wakes(decided("A", "keep"), "draw_quality", not_run=("split_development",)),
    # keys
    "a key of preprocessing is set to its default": Wakes(
        keys("centers", "A", "preprocessing", to={"spacing_mm": 1.0}), ""
    ),
    "min_success_fraction is set to its default": Wakes(keys("centers", "A", "min_success_fraction", to=0.8), ""),
    "another min_success_fraction": Wakes(
        keys("centers", "A", "min_success_fraction", to=0.5), "collect_qc", not_run=("build_case_table",)
    ),
    "a key of one centre's preprocessing": Wakes(
        keys("centers", "X", "preprocessing", to={"spacing_mm": 2.0}), "evaluate", prepared="X", predicted="X"
    ),
    "the title": Wakes(keys("title", to="Another title"), "write_report", not_run=("audit_cohort", "evaluate")),
    "how metrics are computed": Wakes(keys("evaluation", "resamples", to=500), "evaluate", not_run=("audit_cohort",)),
    "the reference, and a bound of biomarkers": Wakes(
        all_of(keys("evaluation", "reference", to="age"), keys("explanation", "max_q", to=0.1)),
        "find_biomarkers",
        not_run=("audit_predictions", "combine_predictions", "evaluate_uncertainty", "explain_model"),
    ),
    "the declared model, and how many draws": Wakes(
        all_of(keys("evaluation", "primary_model", to="net"), keys("permutation_draws", to=19)),
        "write_report",
        not_run=("evaluate", "evaluate_uncertainty", "find_biomarkers", "split_development"),
    ),
    "the level of prediction sets": Wakes(
        keys("prediction", "set_level", to=0.8), "describe_ensemble", not_run=("fit_temperatures", "explain_model")
    ),
    "how jobs compute": Wakes(keys("compute", to={"cache": False, "training_threads": 1}), ""),
    "passes of prediction": Wakes(keys("prediction", "passes", to=3), "evaluate", predicted="A P X Y"),
    "a model is added": Wakes(
        keys("models", "forest", to={"kind": "extra_trees"}), "evaluate", fits="forest", predicted="A P X Y"
    ),
    "a stack is added": Wakes(
        keys("models", "both", to={"kind": "stack", "members": ["net", "age"]}),
        "predict_stack",
        fits="both",
        not_run=PREPARE,
    ),
    "a setting of one model": Wakes(
        keys("models", "features", "epochs", to=7), "evaluate", fits="features", predicted="A P X Y"
    ),
    "ratios of features": Wakes(
        keys("radiomics", to={"ratios": True}),
        "collect_radiomics",
        fits="features age",
        predicted="A P X Y",
        not_run=("extract_radiomics",),
    ),
    "a task is added": Wakes(keys("tasks", to={**TASKS, "again": AGAIN}), "evaluate", fits=ALL, predicted="A P X Y"),
    "a label that no task uses": Wakes(  # survival is told by every label
        keys("labels", to={"mgmt": ["methylated", "unmethylated"]}),
        "evaluate_survival",
        not_run=("split_development", "split_external", "describe_ensemble"),
    ),
    # places
    "the data folder is moved": Wakes(moved_data, ""),
    "the project is copied with new dates": Wakes(new_dates, ""),
}
FOR_REAL = (
    "the age of a training case",
    "the label of an external case",
    "an external centre is added",
    "the data folder is moved",
)
"""The rows whose jobs are run, too: those announced run, and no other is left."""


@pytest.mark.parametrize("name", ROWS)
def test_a_change_repeats_what_reads_it_and_what_follows(study, name):
    row = ROWS[name]
    row.change(study)
    run = study.dry_run()
    fitted = {job.wildcards["model"] for job in run.jobs if job.rule in FITS}
    assert fitted == set(row.fits.split())
    assert {job.wildcards["center"] for job in run.of("preprocess_case")} == set(row.prepared.split())
    assert {job.wildcards["center"] for job in run.of("predict_center")} == set(row.predicted.split())
    assert not run.rules & {*row.not_run}
    assert (row.besides in run.rules) if row.besides else run.jobs == []
    if name in FOR_REAL:
        announced = {(job.rule, *sorted(job.wildcards.items())) for job in run.jobs if job.rule != "all"}
        ran = {(job.rule, *sorted(job.wildcards.items())) for job in study.run().jobs}
        assert ran == announced
        assert study.dry_run().jobs == []


def test_a_copied_project_repeats_nothing(study):
    assert study.dry_run().jobs == []
