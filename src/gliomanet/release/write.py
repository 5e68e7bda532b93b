"""Writing a bundle from a finished study: whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from platform import python_version
from typing import Any

from safetensors.torch import save as save_tensors

from gliomanet import __version__
from gliomanet.bundle.description import (
    ARRAYS,
    CARD,
    DECISIONS,
    EXPECTED,
    FITTED,
    LICENCE,
    LOOK,
    NAME,
    REFERENCE_ARRAYS,
    REFERENCES,
    SBOM,
    WEIGHTS,
    Atlas,
    BundleDescription,
    CenterOfStudy,
    fit_folder,
)
from gliomanet.bundle.external import EXTERNAL, external_values
from gliomanet.bundle.fitted import packed, take_apart
from gliomanet.bundle.read import Bundle
from gliomanet.bundle.space import atlas_digest
from gliomanet.bundle.survival import SURVIVAL
from gliomanet.errors import CohortError, Problem
from gliomanet.files.atomic import write_atomically, write_json
from gliomanet.files.digests import sha256
from gliomanet.imaging.registration.atlas import NAME as ATLAS_NAME
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.models.artifact import MODEL_FILE, ModelDescription, digests_of
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.prediction.image import load_image_model
from gliomanet.prediction.tabular import load_tabular_model
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.release.card import model_card, never_seen
from gliomanet.release.chosen import Chosen
from gliomanet.release.example import predicted_example, write_example
from gliomanet.release.external import external_metrics
from gliomanet.release.measures import look_of, references_of
from gliomanet.release.monai import METADATA, metadata
from gliomanet.release.sbom import bill_of_materials
from gliomanet.release.survival import survival_of
from gliomanet.release.trust import trust_reference

PACKAGES = ("torch", "numpy", "monai", "scikit-learn", "antspyx", "nilearn", "pyradiomics", "safetensors")
Report = Callable[[str], object]


def write_bundle(
    study: Path,
    model: str,
    out: Path,
    *,
    scenario: str | None = None,
    partners: tuple[str, ...] | None = None,
    report: Report = lambda line: None,
) -> Bundle:
    """Write a bundle of one model of a finished study.

    Args:
        study: results folder of the study, or its YAML file.
        model: the study's model that is to answer; a stack's members go along.
        out: folder to make.
        scenario: the study's scenario whose fits travel; `None` where it has one only.
        partners: the study's models that answer beside it; `None`: the one that the study compares the others with.
        report: called with a line on each step.

    Returns:
        The bundle, opened.

    Raises:
        CohortError: no finished study, no such model or scenario, or the folder is there already.
        ProblemError: a fit is not what training wrote.
    """
    finished = FinishedStudy.find(study)
    chosen = Chosen.find(finished, model, scenario, partners)
    if out.exists() and (not out.is_dir() or out.samefile(Path.cwd()) or any(out.iterdir())):
        problem = Problem(
            "is there already", "name another folder, or remove it", file=str(out), rule="bundle_is_there"
        )
        raise CohortError([problem], where="what a bundle is made of")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write_parts(chosen, partial, report)
        _describe(chosen, partial)
        report("predicting the example")
        write_json(partial / EXPECTED, predicted_example(Bundle.open(partial)))
        _describe(chosen, partial)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Bundle.open(out)


def _write_parts(chosen: Chosen, out: Path, report: Report) -> None:
    for name, of in chosen.models.items():
        for fold in of.fits:
            report(f"{name}, fold {fold}")
            source = chosen.finished.layout.model(name, of.stage, fold).folder
            _write_fit(source, of.kind, out / fit_folder(name, fold))
    whole = EnsembleDescription.read(chosen.finished.layout.ensemble(chosen.model))
    stage, scenario = chosen.models[chosen.model].stage, chosen.scenario.name
    own = {stage: {scenario: whole.of(stage, scenario)}}
    whole.model_copy(update={"stages": own}).write(out / DECISIONS)
    report("measuring reference distributions")
    values, arrays = references_of(chosen).parts()
    write_json(out / REFERENCES, values)
    write_atomically(out / REFERENCE_ARRAYS, packed(arrays))
    write_json(out / LOOK, look_of(chosen))
    write_json(out / EXTERNAL, external_values(external_metrics(chosen) or ()))
    if (survival := survival_of(chosen)) is not None:
        write_json(out / SURVIVAL, survival.model_dump(mode="json"))
    report("measuring the training cases' look")
    trust_reference(chosen).write(out)
    write_json(out / SBOM, bill_of_materials())
    write_atomically(out / LICENCE, _licence())
    write_example(out)


def _write_fit(source: Path, kind: str, out: Path) -> None:
    """One fit as safetensors and JSON; it is loaded once as the study does, which checks it."""
    description = ModelDescription.read(source / MODEL_FILE)
    if kind in IMAGE_KINDS:
        state = load_image_model(source).network.state_dict()
        tensors = {name: values.detach().clone().contiguous() for name, values in state.items()}
        write_atomically(out / WEIGHTS, save_tensors(tensors))
        names = [WEIGHTS]
    else:
        values, arrays = take_apart(load_tabular_model(source))
        write_json(out / FITTED, values)
        write_atomically(out / ARRAYS, packed(arrays))
        names = [FITTED, ARRAYS]
    description.model_copy(update={"files": digests_of(out, names)}).write(out / MODEL_FILE)


def _describe(chosen: Chosen, out: Path) -> None:
    """Write the card and `bundle.json` with the digests of all that lies there."""
    described = _description(chosen, {})
    write_atomically(out / CARD, model_card(chosen, described).encode())
    write_json(out / METADATA, metadata(chosen, described, external_metrics(chosen) or ()))
    there = sorted(path for path in out.rglob("*") if path.is_file() and path.name != NAME)
    digests = {path.relative_to(out).as_posix(): sha256(path) for path in there}
    write_json(out / NAME, described.model_copy(update={"files": digests}).model_dump(mode="json"))


def _description(chosen: Chosen, digests: dict[str, str]) -> BundleDescription:
    study, scenario = chosen.study, chosen.scenario
    tasks = {name: task for name, task in study.tasks.items() if name in _answered(chosen)}
    spacing = study.preprocessing.spacing_mm
    x, y, z = atlas(spacing)[0].grid.shape
    place = Atlas(name=ATLAS_NAME, spacing_mm=spacing, shape=(x, y, z), digest=atlas_digest(spacing))
    record = chosen.finished.record
    return BundleDescription(
        title=study.title,
        model=chosen.model,
        scenario=scenario.name,
        models=chosen.models,
        partners=chosen.partners,
        tasks=tasks,
        labels={task.label: study.vocabulary[task.label] for task in tasks.values()},
        centers={name: _center(chosen, name) for name in study.centers},
        simulated=chosen.simulated,
        seed=study.seed,
        calibrated=study.prediction.calibration == "temperature",
        min_component_fraction=study.prediction.min_component_fraction,
        preprocessing=study.preprocessing.model_dump(mode="json"),
        radiomics=study.radiomics.model_dump(mode="json"),
        has_images=not study.is_tabular,
        atlas=place,
        never_seen=never_seen(chosen),
        versions={"gliomanet": __version__, "python": python_version(), **{name: version(name) for name in PACKAGES}},
        study=sha256(chosen.finished.layout.study()),
        commit=record.commit,
        files=digests,
    )


def _answered(chosen: Chosen) -> set[str]:
    """The tasks that the model learnt."""
    of = chosen.models[chosen.model]
    folder = chosen.finished.layout.model(chosen.model, of.stage, of.folds[0]).folder
    return set(ModelDescription.read(folder / MODEL_FILE).tasks)


def _center(chosen: Chosen, name: str) -> CenterOfStudy:
    settings = chosen.study.centers[name]
    trained, tested = name in chosen.scenario.train, name in chosen.scenario.external
    splits: Any = chosen.finished.splits
    cases = splits[(splits["center"] == name) & (splits["scenario"] == chosen.scenario.name)]["case_id"].nunique()
    return CenterOfStudy(
        role=settings.role,
        part="trained" if trained else "tested" if tested else "neither",
        source=settings.source.kind,
        cases=int(cases),
        preprocessing=settings.preprocessing,
    )


def _licence() -> bytes:
    """The project's licence, from its own metadata or from beside the package."""
    from importlib.metadata import files as installed

    for one in installed("gliomanet") or ():
        if one.name == "LICENSE":
            return one.read_binary()
    beside = Path(str(files("gliomanet"))).parents[1] / "LICENSE"
    return (
        beside.read_bytes()
        if beside.is_file()
        else b"Apache License 2.0: https://www.apache.org/licenses/LICENSE-2.0\n"
    )
