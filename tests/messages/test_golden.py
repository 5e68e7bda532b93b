"""The full text of every message that a user can meet, in one file; all other tests assert fields.

After a change of wording: `python -m pytest tests/messages --update-messages`, then read the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gliomanet.audit.tables import audit_study, check_study
from gliomanet.cli.import_table import labels_of
from gliomanet.cli.main import app
from gliomanet.cohort.dicom.choice import choose
from gliomanet.config.load import load_study, read_study_file
from gliomanet.errors import CaseError, CohortError, StudyError, StudyStopError
from gliomanet.imaging.brain_extraction.external_tools import missing_program
from gliomanet.imaging.reading import read_mask, read_modality
from gliomanet.pipeline.status.jobs import list_jobs, no_plan
from gliomanet.tracking import store
from tests.imaging.conftest import STRIPPED, brain, modalities, run, write_case
from tests.messages import (
    cases,
    configuration,
    doubts,
    faults,
    features,
    images,
    jobs,
    patients,
    results,
    scoring,
    sites,
    sources,
    study_files,
    tables,
    tracking,
)
from tests.tracking.studies import write_study

__all__ = ["brain", "modalities", "write_case"]
GOLDEN = Path(__file__).with_name("golden.txt")
LABELS = (["mgmt"], ["m=a,b", "m=a,c"])


def message_of(call, *arguments, **named) -> str:
    """The text of the error that a call ends in."""
    with pytest.raises((StudyError, CohortError, CaseError, StudyStopError)) as caught:
        call(*arguments, **named)
    return str(caught.value)


def texts_of_studies(folder: Path) -> Iterator[tuple[str, str]]:
    for path, value, *_ in configuration.WRONG:
        shown = repr(value) if len(repr(value)) < 90 else f"{repr(value)[:90]}…"
        yield f"study, {path}: {shown}", message_of(load_study, configuration.changed(path, value))
    for content, *_ in study_files.WRONG:
        (folder / "study.yaml").write_bytes(content)
        yield f"study file, {content!r}", message_of(read_study_file, folder / "study.yaml")
    for options in LABELS:
        yield f"import, --label {' '.join(options)}", message_of(labels_of, options)


def texts_of_tables(folder: Path) -> Iterator[tuple[str, str]]:
    for name, wrong in tables.WRONG.items():
        place = folder / name.replace(" ", "_")
        place.mkdir()
        yield f"table, {name}", message_of(check_study, tables.study_of(wrong, place))


def texts_of_sources(folder: Path) -> Iterator[tuple[str, str]]:
    for name, files in sources.BIDS.items():
        place = folder / "bids" / name.replace(" ", "_")
        for path, text in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
        given = ["import", "bids", str(place), "--center", "A", "--out", str(folder / "bids" / "cases.tsv")]
        yield f"import bids, {name}", CliRunner().invoke(app, given).output
    for name, series in sources.DICOM.items():
        yield f"dicom, {name}", "\n".join(map(str, choose(series).doubts))


def texts_of_images(folder: Path, write, monkeypatch) -> Iterator[tuple[str, str]]:
    for name, (write_file, _) in images.MODALITIES.items():
        yield f"image, {name}", message_of(read_modality, write_file(folder / "x.nii.gz"), "P-7", "t2")
        (folder / "x.nii.gz").unlink(missing_ok=True)
    for name, write_file in images.NOTED.items():
        notes = read_modality(write_file(folder / "x.nii"), "P-7", "t2").notes
        yield f"image read, {name}", "\n".join(f"{note.severity}: {note.text}; {note.action}" for note in notes)
    in_doubt = images.NOTED["forms disagree"](folder / "x.nii")
    grids = {"t2": read_modality(in_doubt, "P-7", "t2").volume.grid}
    for name, way in {"another reading": "LAS", "in doubt": "LPI"}.items():
        path, noted = images.write_mark(folder / "m.nii", way), []
        try:
            read_mask(path, "P-7", "tumour_mask", grids, noted)
            yield f"mask read, {name}", "\n".join(f"{note.severity}: {note.text}; {note.action}" for note in noted)
        except CaseError as error:
            yield f"mask, {name}", str(error)
    for name, (write_file, _) in images.MASKS.items():
        path = write_file(folder / "m.nii.gz")
        yield f"mask, {name}", message_of(read_mask, path, "P-7", "tumour_mask", images.GRIDS)
    for name, failing in cases.FAILING.items():
        record = run(write(**failing.changes(*write.heads)), failing.settings, folder / "out")
        yield f"case, {name}", record["reason"]
    refusing = STRIPPED.model_copy(update={"missing_modality": "refuse"})
    yield "case, refused", message_of(run, write(absent=("t2",)), refusing, folder / "out")
    monkeypatch.setenv("PATH", "")
    for variable in ("GLIOMANET_HD_BET", "GLIOMANET_SYNTHSTRIP"):
        monkeypatch.delenv(variable, raising=False)
    for program in ("hd-bet", "synthstrip"):
        yield f"program, {program} not installed", str(missing_program(program))
    monkeypatch.setenv("GLIOMANET_HD_BET", "/nowhere/hd-bet -device cuda")
    yield "program, variable that points nowhere", str(missing_program("hd-bet"))


def texts_of_commands(folder: Path) -> Iterator[tuple[str, str]]:
    place = folder / "commands"
    place.mkdir()
    study = tables.study_of(tables.WRONG["patient in two centres"], place)
    (place / "study.yaml").write_text(study.model_dump_json())
    yield "gliomanet validate, findings", CliRunner().invoke(app, ["validate", str(place / "study.yaml")]).output
    (place / "study.yaml").write_text("sed: 1\n")
    yield "gliomanet validate, keys", CliRunner().invoke(app, ["validate", str(place / "study.yaml")]).output
    images.write(place / "mask.nii.gz", images.image())
    given = [str(place / "mask.nii.gz"), "--case", str(place), "--out", str(place / "out.nii.gz")]
    yield "gliomanet to-native, no case", CliRunner().invoke(app, ["to-native", *given]).output
    yield "gliomanet status, no workflow", message_of(list_jobs, place / "study.yaml", place / "Snakefile")
    yield "gliomanet status, another study", message_of(list_jobs, place / "study.yaml", None, ["--config", "seed=1"])
    said = "MissingRuleException:\nNo rule to produce center_NOWHERE (if you use input functions …)."
    yield "gliomanet status, no such target", str(no_plan(said, place / "study.yaml", ["center_NOWHERE"]))


def texts_of_tracking(folder: Path, monkeypatch) -> Iterator[tuple[str, str]]:
    monkeypatch.setattr(store, "PAUSE", 0)
    write_study(folder / "finished")
    (folder / "empty").mkdir()
    (folder / "no.db").write_bytes(b"no database" * 100)
    for named, uri in tracking.WRONG:
        given = ["track", str(folder / named), "--to", uri.format(folder=folder)]
        yield f"gliomanet track {named} --to {uri}", CliRunner().invoke(app, given).output


def test_every_message_reads_as_it_was_approved(request, tmp_path, write_case, modalities, brain, monkeypatch):
    write_case.heads = (modalities, brain)
    told = [
        *texts_of_studies(tmp_path),
        *texts_of_tables(tmp_path),
        *texts_of_sources(tmp_path),
        *features.texts_of_reading(tmp_path),
        *features.texts_of_audit(),
        *texts_of_commands(tmp_path),
        *texts_of_images(tmp_path, write_case, monkeypatch),
        *doubts.told(),
        *jobs.told(tmp_path),
        *faults.told(tmp_path, monkeypatch),
        *results.texts(tmp_path),
        *patients.texts(tmp_path),
        *sites.texts(tmp_path),
        *scoring.texts(tmp_path),
        *texts_of_tracking(tmp_path, monkeypatch),
    ]
    text = "".join(f"[{name}]\n{message.rstrip()}\n\n" for name, message in told)
    text = text.replace(str(tmp_path), "<folder>")
    if request.config.getoption("--update-messages"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "python -m pytest tests/messages --update-messages"


@pytest.mark.parametrize("name", tables.WRONG)
def test_a_wrong_table_is_found_under_its_rule_and_says_what_to_do(name, tmp_path):
    wrong = tables.WRONG[name]
    found = [one for one in audit_study(tables.study_of(wrong, tmp_path)) if one.severity in ("fatal", "error")]
    assert [one.rule for one in found if one.rule != wrong.rule] == []
    assert all(one.found and one.action for one in found)
    assert found
