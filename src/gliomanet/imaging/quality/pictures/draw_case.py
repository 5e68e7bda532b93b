"""Every picture of one case."""

from __future__ import annotations

from pathlib import Path

from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.quality.pictures.as_acquired import draw_scanned
from gliomanet.imaging.quality.pictures.atlas_edges import draw_atlas
from gliomanet.imaging.quality.pictures.bias import draw_bias, was_corrected
from gliomanet.imaging.quality.pictures.brain_outline import draw_brain
from gliomanet.imaging.quality.pictures.coregistration import draw_coregistration
from gliomanet.imaging.quality.pictures.histograms import write_histograms
from gliomanet.imaging.quality.pictures.overview import draw_overview, draw_thumbnail
from gliomanet.imaging.quality.pictures.scene import Scene
from gliomanet.imaging.quality.pictures.tumour_outline import draw_tumour


def draw_case(evidence: Evidence, out_dir: Path) -> Path:
    """Draw a case: `qc.png`, the overview, and in `qc/` a picture for every step and `histograms.json`.

    `qc/` holds scanned, bias (where N4 ran), coregistration (where there is more than one modality), atlas, brain,
    tumour (where there is one) and thumbnail, as `.webp`. The same evidence gives the same bytes.

    Args:
        evidence: the images before, between and after the steps.
        out_dir: the folder of the case's pictures; those of an earlier run are removed from it.

    Returns:
        `out_dir/qc.png`.
    """
    scene, folder = Scene(evidence), out_dir / "qc"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.iterdir():
        stale.unlink()
    draw_scanned(scene, folder / "scanned.webp")
    if was_corrected(scene):
        draw_bias(scene, folder / "bias.webp")
    if len(scene.modalities) > 1:
        draw_coregistration(scene, folder / "coregistration.webp")
    draw_atlas(scene, folder / "atlas.webp")
    draw_brain(scene, folder / "brain.webp")
    if scene.tumour is not None:
        draw_tumour(scene, folder / "tumour.webp")
    write_histograms(scene, folder / "histograms.json")
    draw_thumbnail(scene, folder / "thumbnail.webp")
    return draw_overview(scene, out_dir / "qc.png")
