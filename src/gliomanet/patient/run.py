"""A prediction in progress: every step of it in its order, and the result that they add up to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gliomanet import __version__
from gliomanet.bundle.external import external_in
from gliomanet.bundle.read import Bundle
from gliomanet.errors import CaseError, Problem
from gliomanet.files.digests import sha256
from gliomanet.modalities import MODALITIES
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.patient.answers import NEW, Answers, Computing, PreparedCase, ask, segment, worth_of_modalities
from gliomanet.patient.attribution import attribute_voxels, not_explained
from gliomanet.patient.attribution_picture import draw_attribution
from gliomanet.patient.checks import Patient
from gliomanet.patient.compose import called_classes, not_assessed, quality_of, task_answers, warnings_of
from gliomanet.patient.diagnosis import compatible_types, type_of
from gliomanet.patient.dicom.folder import DicomFolder
from gliomanet.patient.explained import Explained
from gliomanet.patient.export.gather import FEATURES, FOLDS
from gliomanet.patient.given import MASK, Given
from gliomanet.patient.measured import beside_study, measure
from gliomanet.patient.open_states import open_states
from gliomanet.patient.outlines import volumes, write_native
from gliomanet.patient.page.write import write_page
from gliomanet.patient.pictures.draw import draw_case
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.preparation import prepare_case
from gliomanet.patient.progress import Line
from gliomanet.patient.protocol import beside_protocol
from gliomanet.patient.result import (
    NAME,
    CaseFacts,
    InputFile,
    IntegratedType,
    Preparation,
    ResultValues,
    Segmentation,
    Source,
)
from gliomanet.patient.statements.statement import technical
from gliomanet.patient.survival import survival_beside
from gliomanet.patient.trust.judge import judge
from gliomanet.patient.trust.look import look_of_case
from gliomanet.patient.trust.physical import physical_findings
from gliomanet.patient.trust.reference import TrustReference
from gliomanet.patient.trust.said import Trust
from gliomanet.patient.vasari import Vasari, vasari_of
from gliomanet.patient.worth import worth_of_inputs
from gliomanet.prediction.segmentation import write_segmentation
from gliomanet.tables.io import write_table
from gliomanet.tables.prediction import FOLD_PREDICTIONS

FOLDERS = ("atlas", "native", "pictures", "tables")
"""Folders of a result that a prediction writes anew."""


@dataclass(frozen=True)
class Prediction:
    """One prediction in progress.

    Attributes:
        bundle: the bundle that is asked.
        patient: the patient.
        given: the patient's files.
        how: the way to compute.
        of_study: the images are of the study's own case that the patient's centre and id name.
        accept_names: go on where an image looks like another modality than it was given as.
        page: draw pictures, and write page and PDF.
        language: of page and PDF.
        dicom: the DICOM folder that images came from.
        scratch: folder for what is made, on the disk of `out`.
        out: folder for the result.
        report: called with a line on each step.
    """

    bundle: Bundle
    patient: Patient
    given: Given
    how: Computing
    of_study: bool
    accept_names: bool
    page: bool
    language: str
    dicom: DicomFolder | None
    scratch: Path
    out: Path
    report: Callable[[str], object]

    @property
    def center(self) -> str:
        return self.patient.center or NEW

    @property
    def case_dir(self) -> Path:
        return self.scratch / self.center / self.patient.case_id

    def run(self) -> ResultValues:
        """Predict, and write the result."""
        for note in self.given.notes:
            self.report(note)
        prepared = prepare_case(
            self.bundle,
            self.patient,
            self.given,
            self.case_dir,
            accept_names=self.accept_names,
            report=self.report,
        )
        record = prepared.record
        features, lacking = pd.DataFrame(columns=["case_id"]), list[str]()
        if MASK in self.given.files:
            self.report(Line.at("measuring", "measuring radiomic features"))
            features, lacking = measure(self.case_dir, self.patient.case_id, self.bundle, self.scratch / FEATURES)
        case = PreparedCase(self._row(), self.scratch, features)
        self.report(Line.at("asking", "asking {model}", model=self.bundle.description.model))
        answers = ask(self.bundle, case, self.how)
        if answers.rows.empty:
            raise CaseError(self._nothing((*(one.text for one in answers.notes), *lacking)))
        write_table(answers.folds, self.scratch / FOLDS, FOLD_PREDICTIONS, exact=True)
        called = called_classes(answers.rows, self.bundle)
        worth = worth_of_modalities(self.bundle, case, called, self.how)
        outline = self._outline(case, record)
        explained = self._explained(case, called, outline)
        quality, flags = quality_of(record, self.bundle), tuple(record["qc"]["flags"])
        description = self.bundle.description
        trust = self._judge(answers, features, flags)
        types = compatible_types(answers.rows, description.tasks)
        tasks = task_answers(answers.rows, self.bundle, worth)
        sets = {one.task: one.prediction_set for one in tasks}
        left = {type_of(state) for state in open_states(sets, description.tasks)}
        survival = survival_beside(sets, self.patient.age, self.bundle)
        inputs = self._inputs(record)
        values = ResultValues(
            gliomanet=__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            warnings=warnings_of(self.bundle, trust, center=self.center, of_study=self.of_study, fast=self.how.fast),
            trust=trust,
            bundle=Source(
                title=description.title,
                model=description.model,
                scenario=description.scenario,
                digest=self.bundle.digest,
                simulated=bool(description.simulated),
                fast=self.how.fast,
            ),
            case=CaseFacts(
                case_id=self.patient.case_id,
                center=self.center,
                age=self.patient.age,
                sex=self.patient.sex,
                mask_codes=self.patient.mask_codes,
            ),
            inputs=inputs,
            dicom=self.dicom,
            protocol=beside_protocol(inputs),
            preparation=Preparation(
                names_accepted=self.accept_names,
                found=prepared.found,
                steps=tuple(map(technical, record["steps"])),
                flags=tuple(map(technical, flags)),
                quality=quality,
            ),
            tasks=tasks,
            compatible_with=tuple(
                IntegratedType(name=name, probability=p, open=name in left) for name, p in types.items()
            ),
            segmentation=outline,
            features=beside_study(features, self.bundle),
            survival=survival,
            external=external_in(self.bundle),
            pictures=self._pictures(record, outline),
            explained=explained,
            vasari=self._vasari(outline, record),
            not_assessed=not_assessed(
                self.bundle,
                mask=MASK in self.given.files,
                on_images=description.answers.kind in IMAGE_KINDS,
                types=bool(types),
                survival=survival is not None,
                fast=self.how.fast,
            )
            + not_explained(self.bundle, explain=self.how.explain),
            notes=(*answers.notes, *map(technical, lacking)),
            files=self._keep(),
        )
        values.write(self.out / NAME)
        if self.page:
            self.report(Line.at("page", "writing the page"))
            write_page(self.out, language=self.language, report=self.report)
        return values

    def _judge(self, answers: Answers, features: pd.DataFrame, flags: tuple[str, ...]) -> Trust:
        """Hold the case beside the training cases."""
        given, models = self.given.modalities, self.bundle.description.models
        lacks = {name: set(of.takes) & set(MODALITIES) - set(given) for name, of in models.items()}
        return judge(
            TrustReference.read(self.bundle.folder),
            look_of_case(self.case_dir, self.bundle.preprocessing.spacing_mm),
            given,
            answers.deep,
            lacks={name: [one for one in MODALITIES if one in lacking] for name, lacking in lacks.items()},
            features=features,
            flags=flags,
            findings=physical_findings(self.case_dir, self.bundle.preprocessing.spacing_mm),
        )

    def _row(self) -> pd.DataFrame:
        told, age = self.patient, np.nan if self.patient.age is None else self.patient.age
        return pd.DataFrame([{"case_id": told.case_id, "center": self.center, "age": age, "sex": told.sex}])

    def _outline(self, case: PreparedCase, record: Mapping[str, Any]) -> Segmentation | None:
        """Write the brain and the tumour on the atlas and in the scanner's grids; the tumour's volumes."""
        native = self.scratch / "native"
        write_native(self.case_dir / "brain_mask.nii.gz", "brain", self.case_dir, native)
        found = segment(self.bundle, case, self.how)
        if found is None and MASK not in self.given.files:
            return None
        if found is None:
            outline, source, told = self.case_dir / "tumour_mask.nii.gz", "given", bool(record["tumour_parts_told"])
        else:
            model, segmented = found
            self.report(Line.at("segmented", "segmented by {model}", model=model))
            outline, source = self.case_dir / "segmentation.nii.gz", f"network {model}"
            write_segmentation(segmented.codes, self.case_dir / f"{record['modalities'][0]}.nii.gz", outline)
            told = len(self.bundle.segmenting(model)[0].network.REGIONS) > 1
        write_native(outline, "tumour", self.case_dir, native)
        measured = volumes(outline, native / f"{record['reference']}_tumour.nii.gz", parts_told=told)
        return Segmentation(source=source, parts_told=told, volumes=tuple(measured))

    def _outlined(self, outline: Segmentation | None) -> Path | None:
        """The file of the tumour's outline on the atlas."""
        if outline is None:
            return None
        return self.case_dir / f"{MASK if outline.source == 'given' else 'segmentation'}.nii.gz"

    def _pictures(self, record: Mapping[str, Any], outline: Segmentation | None) -> tuple[Picture, ...]:
        """Draw the pictures, of the scanner's files while they are there: those of DICOM files are of passage."""
        if not self.page:
            return ()
        self.report(Line.at("drawing", "drawing pictures"))
        native, out = self.scratch / "native", self.scratch / "pictures"
        return draw_case(self.case_dir, native, self.given.files, record, self._outlined(outline), out)

    def _explained(self, case: PreparedCase, called: Mapping[str, str], outline: Segmentation | None) -> Explained:
        """The grounds of the answers; their maps and pictures are written."""
        if not self.how.explain:
            return Explained(asked=False, attribution=(), worth_of_inputs=())
        self.report(Line.at("explaining", "explaining the answers"))
        file = self._outlined(outline)
        maps = attribute_voxels(self.bundle, case, called, self.how, file)
        for one in maps:
            picture = self.scratch / "pictures" / f"attribution_{one.task}.png"
            draw_attribution(self.case_dir, one, picture, outline=file)
        worth = worth_of_inputs(self.bundle, case, called, self.how)
        return Explained(asked=True, attribution=maps, worth_of_inputs=worth)

    def _vasari(self, outline: Segmentation | None, record: Mapping[str, Any]) -> Vasari | None:
        file = self._outlined(outline)
        if outline is None or file is None:
            return None
        native = self.scratch / "native" / f"{record['reference']}_tumour.nii.gz"
        seen = None if outline.source == "given" else self.given.modalities
        return vasari_of(file, native, parts_told=outline.parts_told, seen=seen)

    def _inputs(self, record: Mapping[str, Any]) -> tuple[InputFile, ...]:
        sizes = record["qc"]["sizes"]
        return tuple(
            InputFile(
                image=name,
                digest=digest,
                voxels=tuple(sizes[name]["shape"]) if name in sizes else None,
                voxel_mm=tuple(sizes[name]["spacing_mm"]) if name in sizes else None,
                orientation=sizes[name]["orientation"] if name in sizes else "",
            )
            for name, digest in self.given.digests.items()
        )

    def _keep(self) -> dict[str, str]:
        """Move what was made to the result; file → digest."""
        self.case_dir.rename(self.out / "atlas")
        for part in FOLDERS[1:]:
            if (self.scratch / part).is_dir():
                (self.scratch / part).rename(self.out / part)
        kept = sorted(path for part in FOLDERS for path in (self.out / part).glob("*"))
        return {path.relative_to(self.out).as_posix(): sha256(path) for path in kept}

    def _nothing(self, notes: tuple[str, ...]) -> Problem:
        takes = ", ".join(self.bundle.description.answers.takes)
        why = "; ".join(notes) or "none of its inputs is known"
        found = f"{self.bundle.description.model} says nothing of it ({why})"
        action = f"give what it takes: {takes}"
        return Problem(found, action, case=self.patient.case_id, rule="nothing_to_predict_from")
