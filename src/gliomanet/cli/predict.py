"""`gliomanet predict`: a patient's images through a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from gliomanet.cli.console import console, progress_console
from gliomanet.errors import CaseError, CohortError, ModelError, ProblemError

if TYPE_CHECKING:
    from gliomanet.patient.result import ResultValues

Image = Annotated[list[Path] | None, typer.Option(help="NIfTI file.", show_default=False)]


def predict(
    bundle: Annotated[
        Path | None, typer.Option(help="Folder that `gliomanet bundle` wrote.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the result.", show_default=False)] = None,
    t1: Image = None,
    t1c: Image = None,
    t2: Image = None,
    flair: Image = None,
    dicom: Annotated[
        Path | None, typer.Option(help="Folder of one examination's DICOM files.", show_default=False)
    ] = None,
    dicom_out: Annotated[
        bool, typer.Option("--dicom-out", help="Write segmentations and a report into that study, too: OUT/dicom.")
    ] = False,
    mask: Annotated[
        list[Path] | None, typer.Option(help="Tumour mask, which models on radiomic features need.", show_default=False)
    ] = None,
    mask_codes: Annotated[
        str, typer.Option(help="Meaning of its codes: brats, brats-2023, nnunet, hd-glio, binary, …")
    ] = "",
    age: Annotated[float | None, typer.Option(help="In years.", show_default=False)] = None,
    sex: Annotated[str, typer.Option(help="F or M.")] = "",
    case_id: Annotated[str, typer.Option(help="Id of the case; no name of a person.")] = "patient",
    center: Annotated[
        str, typer.Option(help="Centre of the study whose declared preprocessing is taken; else it is found.")
    ] = "",
    cases: Annotated[
        Path | None,
        typer.Option(
            help="Table of cases, in the columns of a case table, in place of one patient.", show_default=False
        ),
    ] = None,
    bids: Annotated[bool, typer.Option("--bids", help="With --cases: OUT becomes a BIDS derivative dataset.")] = False,
    accept_names: Annotated[
        bool, typer.Option("--accept-names", help="Go on where an image looks like another modality than named.")
    ] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="One fold, without mirror images and the worth of modalities.")
    ] = False,
    explain: Annotated[bool, typer.Option(help="Tell what the answers stand on, by voxel and by input.")] = True,
    device: Annotated[str, typer.Option(help="cpu or gpu.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads; another number may change last digits.")] = 1,
    export: Annotated[
        Path | None,
        typer.Option(
            help="Of a table of cases: folder to make of what the study of the bundle needs, without ids, dates or "
            "images; what leaves is shown and confirmed before.",
            show_default=False,
        ),
    ] = None,
    smallest_count: Annotated[
        int, typer.Option(min=2, help="Patients below whom a class or a count is suppressed in the export.")
    ] = 5,
    withhold: Annotated[
        list[str] | None,
        typer.Option(help="Model whose answers are not exported; may be repeated.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the export without asking; for scripts.")] = False,
    page: Annotated[bool, typer.Option(help="Draw pictures, and write page.html and report.pdf.")] = True,
    language: Annotated[str, typer.Option(help="Language of page and PDF: en or zh (Simplified Chinese).")] = "en",
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of result.json.")] = False,
) -> None:
    """Predict a patient, or a table of patients, with a bundle; research use only."""
    from gliomanet.files.storage import StorageError

    if schema:
        from gliomanet.patient.result import schema_text

        typer.echo(schema_text(), nl=False)
        return
    if bundle is None or out is None:
        raise typer.BadParameter("give both --bundle and --out")
    if device not in ("cpu", "gpu"):
        raise typer.BadParameter("cpu or gpu", param_hint="--device")
    given = {"t1": t1, "t1c": t1c, "t2": t2, "flair": flair}
    if cases is not None:
        options = {**given, "dicom": dicom, "mask": mask, "mask-codes": mask_codes, "age": age, "sex": sex}
        options |= {"case-id": "" if case_id == "patient" else case_id}
        if unread := [f"--{name}" for name, value in options.items() if value not in (None, "", [])]:
            raise typer.BadParameter(
                f"the table tells of its patients: leave out {', '.join(unread)}", param_hint="--cases"
            )
    if export is not None and (cases is None or fast):
        raise typer.BadParameter("needs --cases, and goes without --fast", param_hint="--export")
    if export is None and (withhold or yes):
        raise typer.BadParameter("--withhold and --yes go with it", param_hint="--export")
    if mask_codes and mask is None and cases is None:
        raise typer.BadParameter("goes with --mask", param_hint="--mask-codes")
    if bids and cases is None:
        raise typer.BadParameter("goes with --cases", param_hint="--bids")
    how: dict[str, Any] = {"fast": fast, "threads": threads, "gpus": int(device == "gpu")}
    how |= {
        "accept_names": accept_names,
        "dicom_out": dicom_out,
        "explain": explain,
        "page": page,
        "language": language,
    }
    try:
        if cases is not None:
            from gliomanet.patient.batch import predict_table
            from gliomanet.patient.bids import SOURCE, predict_bids

            predicting, told = (predict_bids, out / SOURCE) if bids else (predict_table, out)
            table = predicting(bundle, cases, out, center=center, report=_say, **how)
            failed = int((table["status"] != "ok").sum())
            console.print(escape(f"{told / 'cases.tsv'}: {len(table) - failed} cases predicted, {failed} not"))
            if export is not None:
                _export(bundle, cases, told, export, smallest_count, withhold or [], yes=yes)
            raise typer.Exit(1 if failed else 0)
        from gliomanet.patient.checks import Patient
        from gliomanet.patient.predict import predict as predicted

        images = {name: one for name, paths in given.items() if (one := _one(name, paths)) is not None}
        patient = Patient(case_id, age, _sex(sex), center, mask_codes)
        done = predicted(bundle, images, out, dicom=dicom, mask=_one("mask", mask), patient=patient, report=_say, **how)
    except (CaseError, CohortError, ModelError, ProblemError, StorageError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from None
    for line in summary(done.content):
        console.print(escape(line))
    console.print(escape(f"{out / 'result.json'}: everything, with its schema's version"))
    if page:
        console.print(escape(f"{out / 'page.html'}: the same to read"))


def summary(values: ResultValues) -> list[str]:
    """A result in a few lines, what is to be read first before any number."""
    lines = [one.text for one in (values.notice, *values.warnings)]
    for task in values.tasks:
        shares = ", ".join(f"{one.name} {one.probability:.2f}" for one in task.classes)
        told = "abstains" if task.abstains else f"set: {task.prediction_set[0]}"
        lines.append(f"{task.task}: {shares}; {told} (at {task.set_level:.0%})")
    if values.compatible_with:
        first = values.compatible_with[0]
        lines.append(f"compatible with {first.name} ({first.probability:.2f} among the types of WHO 2021)")
    if values.segmentation:
        whole = values.segmentation.volumes[0]
        lines.append(f"tumour {whole.volume_ml:.1f} ml ({values.segmentation.source})")
    return [*lines, *(one.text for one in values.notes)]


def _one(name: str, paths: list[Path] | None) -> Path | None:
    if paths and len(paths) > 1:
        named = ", ".join(map(str, paths))
        raise typer.BadParameter(
            f"{len(paths)} files for one image: {named}; give the right one", param_hint=f"--{name}"
        )
    return paths[0] if paths else None


def _export(
    bundle: Path, cases: Path, results: Path, out: Path, smallest: int, withhold: list[str], *, yes: bool
) -> None:
    """Show what would leave, ask, and write it."""
    from gliomanet.bundle.read import Bundle
    from gliomanet.patient.export.folder import check_place, prepare_export

    check_place(out)
    prepared = prepare_export(Bundle.open(bundle), cases, results, smallest_count=smallest, withhold=withhold)
    typer.echo(prepared.letter)
    if not yes and not typer.confirm(f"Write this to {out}?"):
        console.print("nothing was written")
        return
    written = prepared.write(out)
    console.print(escape(f"{out}: {written.cases} cases, {len(written.files) + 1} files"))


def _sex(given: str) -> Literal["F", "M", ""]:
    if given not in ("F", "M", ""):
        raise typer.BadParameter("F or M", param_hint="--sex")
    return given  # type: ignore[return-value]


def _say(line: str) -> None:
    progress_console.print(escape(line))
