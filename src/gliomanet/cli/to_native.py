"""`gliomanet to-native`: a mask on the scanner's own grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console
from gliomanet.errors import CaseError


def to_native(
    mask: Annotated[Path, typer.Argument(help="Mask on the atlas grid of the case.", exists=True, dir_okay=False)],
    case: Annotated[Path, typer.Option(help="The preprocessed folder: results/preprocessed/<centre>/<case>.")],
    out: Annotated[Path, typer.Option(help="The mask on the scanner's grid (.nii.gz).")],
    modality: Annotated[str, typer.Option(help="Modality whose scanner grid the mask is resampled to.")] = "t1c",
) -> None:
    """Resample a mask from the atlas grid to the scanner's own grid."""
    from gliomanet.files.nifti import write_nifti
    from gliomanet.imaging.native_space import mask_to_native

    try:
        native = mask_to_native(mask, case, modality)
        write_nifti(native.array, native.grid.affine, out)
    except CaseError as error:
        console.print(f"[red]{escape(str(mask))}[/red]: {escape(str(error))}")
        raise typer.Exit(1) from None
    console.print(escape(f"{out}: on the grid of {modality} as scanned"))
