"""State of a case while it passes the steps of preprocessing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gliomanet.errors import Problem
from gliomanet.imaging.file_notes import Note
from gliomanet.imaging.foreground import Mask
from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.reading import Modality
from gliomanet.imaging.volume import Float, Grid, Matrix, Volume, resample

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing


@dataclass
class Case:
    """A case on its way. Matrices map RAS mm; arrays are (x, y, z).

    Attributes:
        row: its row of the case table.
        settings: its centre's preprocessing.
        seed: of what draws by chance.
        modalities: as read.
        log_fields: modality → logarithm of the bias field that N4 took off, on its coarse grid.
        volumes: as far as the steps have brought them, native grids.
        reference: the modality that the others are registered to.
        from_reference: modality → reference RAS mm → that modality's RAS mm.
        brain_mask: on the reference's grid.
        tumour: the mask, and the modality whose grid it lies on.
        scales: modality → offset and scale of its written intensities, see `Normalized`.
        tumour_parts_told: false where it outlines the whole tumour only.
        to_atlas: reference RAS mm → atlas RAS mm.
        steps: what was done, one sentence each.
        flags: what a person should look at, one sentence each.
        qc: the metrics of `preprocess.json`.
    """

    row: Mapping[str, str]
    settings: Preprocessing
    seed: int
    modalities: dict[str, Modality] = field(default_factory=dict)
    log_fields: dict[str, Float] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    reference: str = ""
    from_reference: dict[str, Matrix] = field(default_factory=dict)
    brain_mask: Mask | None = None
    tumour: tuple[Volume, str] | None = None
    scales: dict[str, dict[str, float]] = field(default_factory=dict)
    tumour_parts_told: bool = True
    to_atlas: Matrix | None = None
    steps: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    qc: dict[str, Any] = field(default_factory=dict)

    @property
    def case_id(self) -> str:
        return self.row["case_id"]

    @property
    def brain(self) -> Mask:
        if self.brain_mask is None:
            raise RuntimeError("the brain is asked for before it was extracted")
        return self.brain_mask

    @property
    def atlas_matrix(self) -> Matrix:
        if self.to_atlas is None:
            raise RuntimeError("the atlas transform is asked for before it was fitted")
        return self.to_atlas

    @property
    def atlas_modality(self) -> str:
        """The modality compared with the atlas: T1, as the template is, where there is one."""
        return "t1" if "t1" in self.volumes else self.reference

    def path(self, column: str) -> Path | None:
        cell = self.row.get(column, "")
        return Path(cell) if isinstance(cell, str) and cell else None

    def problem(self, found: str, action: str, rule: str, *, image: str = "") -> Problem:
        """A problem of this case, or of one of its images."""
        file = str(self.path(image)) if image else ""
        return Problem(found, action, image=image, file=file, case=self.case_id, rule=rule)

    def flag(self, text: str, *, metric: str = "") -> None:
        """Note what a person should look at; `metric` is the image quality metric that says the same."""
        self.flags.append(text)
        flagged = self.qc.setdefault("flagged_metrics", [])
        if metric and metric not in flagged:
            flagged.append(metric)

    def take(self, notes: Iterable[Note]) -> None:
        """Keep notes of reading: each is a step, and a warning is also what a person should look at."""
        for note in notes:
            self.steps.append(note.text)
            if note.severity == "warning":
                self.flag(note.text)

    def grids(self) -> dict[str, Grid]:
        """Modality → native grid, the reference first."""
        order = [self.reference, *(name for name in self.volumes if name != self.reference)]
        return {name: self.volumes[name].grid for name in order}

    def on_reference(self, name: str) -> Volume:
        """A modality on the reference's grid, to measure on: what is written is resampled once, from its own voxels."""
        reference = self.volumes[self.reference]
        if name == self.reference:
            return reference
        return Volume(resample(self.volumes[name], reference.grid, self.from_reference[name]), reference.grid)

    def evidence(self, on_atlas: Mapping[str, Volume]) -> Evidence:
        """Evidence for its pictures, once `on_atlas` holds the final images."""
        reference = self.volumes[self.reference]
        return Evidence(
            case_id=self.case_id,
            center=self.row.get("center", ""),
            reference=self.reference,
            raw={name: modality.volume for name, modality in self.modalities.items()},
            corrected=dict(self.volumes),
            from_reference=dict(self.from_reference),
            brain_mask=Volume(self.brain.astype(np.uint8), reference.grid),
            to_atlas=self.atlas_matrix,
            tumour=self.tumour,
            on_atlas=on_atlas,
            metrics=dict(self.qc),
            flags=tuple(self.flags),
        )


REFERENCE_ORDER = ("t1c", "t2", "flair", "t1")
"""The finer and the richer in contrast first."""
