"""Pictures of a made-up head: which are drawn, that they repeat, and that outlines and edges lie where they should."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.quality.pictures import center_sheet as sheets
from gliomanet.imaging.quality.pictures.as_acquired import describe, tilt
from gliomanet.imaging.quality.pictures.canvas import Panel, draw_outline, gray, save_picture, window_of
from gliomanet.imaging.quality.pictures.center_sheet import center_sheet
from gliomanet.imaging.quality.pictures.draw_case import draw_case
from gliomanet.imaging.quality.pictures.planes import AXIAL, CORONAL, SAGITTAL, View, cut, edges
from gliomanet.imaging.sampling import sample
from gliomanet.imaging.volume import Grid, Volume
from tests.imaging.conftest import MODALITIES, tumour_of

PLACED = np.array([[1.0, 0, 0, -10], [0, 1, 0, -10], [0, 0, 1, -10], [0, 0, 0, 1]])
ALWAYS = {"scanned.webp", "atlas.webp", "brain.webp", "histograms.json", "thumbnail.webp"}


@pytest.fixture(scope="module")
def evidence(brain, modalities):
    """A stripped head that lies on the atlas already; N4 halved the intensities."""
    image, inside = brain
    raw = {name: image.with_array(modalities[name]) for name in MODALITIES}
    final = {name: image.with_array(np.where(inside, array / 50 - 1, 0)) for name, array in modalities.items()}
    mask = image.with_array(inside.astype(np.uint8))
    tumour = image.with_array(tumour_of(brain))
    return Evidence(
        case_id="case-1",
        center="Here",
        reference="t1c",
        raw=raw,
        corrected={name: volume.with_array(volume.array / 2) for name, volume in raw.items()},
        from_reference={name: np.eye(4) for name in MODALITIES},
        brain_mask=mask,
        to_atlas=np.eye(4),
        tumour=(tumour, "t1c"),
        on_atlas={**final, "brain_mask": mask, "tumour_mask": tumour},
        metrics={
            "similarity_t1": 0.5,
            "similarity_t1_before": 0.4,
            "atlas_similarity": 0.3,
            "atlas_similarity_before": 0.2,
        },
        flags=("look here",),
    )


def test_a_whole_case_has_every_picture_and_repeats_them(evidence, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "qc").mkdir(parents=True)
        (tmp_path / name / "qc" / "stale.webp").write_text("of an earlier run")
        assert draw_case(evidence, tmp_path / name) == tmp_path / name / "qc.png"
    files = {path.name for path in (tmp_path / "one" / "qc").iterdir()}
    assert files == {*ALWAYS, "bias.webp", "coregistration.webp", "tumour.webp"}
    for path in (tmp_path / "one").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes(), path.name
    assert sum(path.stat().st_size for path in (tmp_path / "one").rglob("*.*")) < 1.2e6


def test_pictures_without_a_subject_are_not_drawn(evidence, tmp_path):
    poor = dataclasses.replace(
        evidence,
        raw={"t1c": evidence.raw["t1c"]},
        corrected={"t1c": evidence.raw["t1c"]},
        tumour=(evidence.tumour[0].with_array(np.zeros_like(evidence.tumour[0].array)), "t1c"),
    )
    draw_case(poor, tmp_path)
    assert {path.name for path in (tmp_path / "qc").iterdir()} == ALWAYS


def test_histograms_hold_the_brains_intensities(evidence, tmp_path):
    draw_case(evidence, tmp_path)
    found = json.loads((tmp_path / "qc" / "histograms.json").read_text())
    assert list(found["modalities"]) == list(MODALITIES)
    for both in found["modalities"].values():
        assert len(both["after"]["share"]) == found["bins"] == 64
        assert sum(both["before"]["share"]) == pytest.approx(1, abs=1e-3)
    t1 = evidence.corrected["t1"].array[evidence.brain_mask.array > 0]
    before = found["modalities"]["t1"]["before"]
    assert before["high"] == pytest.approx(np.percentile(t1, 99.8), rel=0.02)
    centres = before["low"] + (np.arange(64) + 0.5) / 64 * (before["high"] - before["low"])
    assert np.dot(centres, before["share"]) == pytest.approx(t1.mean(), rel=0.02)


def test_a_centre_with_a_failed_case_has_its_sheet(evidence, tmp_path):
    for case_id, status in (("good", "ok"), ("bad", "failed"), ("bare", "ok")):
        (tmp_path / case_id).mkdir()
        record = {"case_id": case_id, "center": "Here", "status": status, "reason": "", "qc": {"flags": []}}
        (tmp_path / case_id / "preprocess.json").write_text(json.dumps(record))
    draw_case(evidence, tmp_path / "good")
    folders = [tmp_path / name for name in ("good", "bad", "bare")]
    center_sheet(folders, tmp_path, tmp_path / "one.png")
    center_sheet(folders[::-1], tmp_path, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    center_sheet(folders, tmp_path, tmp_path / "decided.png", {"good": "review"})
    name = np.asarray(Image.open(tmp_path / "decided.png").convert("RGB"))[50:68, 6 + 2 * 196 : 60 + 2 * 196].astype(
        int
    )
    assert ((name[..., 0] > 200) & (name[..., 2] < 100)).any()  # the good case's name, in yellow
    sheet = np.asarray(Image.open(tmp_path / "one.png").convert("RGB")).astype(int)
    tiles = [sheet[80:300, 10 + 196 * i : 190 + 196 * i] for i in range(4)]
    assert [bool((tile.min(axis=2) > 120).any()) for tile in tiles] == [False, False, True, False]
    assert [bool(((tile[..., 0] - tile[..., 2]) > 120).any()) for tile in tiles[:2]] == [True, True]  # reasons, in red


def test_the_sheet_of_a_large_centre_shows_those_to_look_at(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_TILES", 2)
    for number in range(6):
        record = {"case_id": f"c{number}", "center": "Here", "status": "ok", "reason": "", "qc": {"flags": []}}
        (tmp_path / f"c{number}").mkdir()
        (tmp_path / f"c{number}/preprocess.json").write_text(json.dumps(record))
    folders = [tmp_path / f"c{number}" for number in range(6)]
    decisions = {f"c{number}": "exclude" if number in (3, 5) else "keep" for number in range(6)}
    center_sheet(folders, tmp_path, tmp_path / "all.png", decisions)
    sheet = np.asarray(Image.open(tmp_path / "all.png").convert("RGB")).astype(int)
    assert sheet.shape[0] < 2 * 260 + 52  # one row
    for column in range(2):
        name = sheet[50:66, 6 + 196 * column : 80 + 196 * column]
        assert ((name[..., 0] > 150) & (name[..., 1] < 120)).any()  # both excluded, in red


def test_a_view_puts_left_at_left_and_up_at_up():
    places = [Volume(axis.astype(np.float32), Grid((21, 21, 21), PLACED)) for axis in np.indices((21, 21, 21)) - 10]
    axial_view = View(AXIAL, 7.0, (-4, -6, 0), (4, 6, 9), 2.0)
    axial = np.stack([cut(place, axial_view) for place in places], -1)
    assert axial.shape == (*axial_view.shape, 3) == (6, 4, 3)
    np.testing.assert_allclose(axial[0, 0], [-3, 5, 7], atol=1e-5)  # left, anterior
    sagittal = np.stack([cut(place, View(SAGITTAL, 1.0, (-4, -6, 0), (4, 6, 8), 2.0)) for place in places], -1)
    np.testing.assert_allclose(sagittal[0, -1], [1, 5, 7], atol=1e-5)  # anterior at the right, superior up


def test_a_cut_is_what_is_sampled_at_its_places():
    rng = np.random.default_rng(0)
    volume = Volume(rng.random((20, 22, 18)).astype(np.float32), Grid((20, 22, 18), np.diag([1.1, 0.9, 1.3, 1])))
    view = View(CORONAL, 8.2, (-3.1, 0, -2.1), (24, 18, 26.3), 0.8)
    tilt = np.eye(4)
    tilt[:3, :3] = Rotation.from_rotvec([0.1, -0.2, 0.05]).as_matrix()
    tilt[:3, 3] = [1, 2, -1]
    grid = view.grid()
    index = np.stack(np.indices(grid.shape), -1).reshape(-1, 3)
    for matrix in (np.eye(4), tilt):
        found = sample(volume, index @ grid.affine[:3, :3].T + grid.affine[:3, 3], matrix).reshape(grid.shape)
        np.testing.assert_allclose(cut(volume, view, matrix), found[:, 0].T[::-1], atol=1e-5)


def test_sample_carries_through_matrix_and_affine():
    array = np.zeros((5, 5, 5), np.float32)
    array[3, 2, 1] = 8
    affine = np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = [10, 20, 30]
    volume = Volume(array, Grid((5, 5, 5), affine))
    shift = np.eye(4)
    shift[:3, 3] = [1, 0, 0]
    points = np.array([[15.0, 24, 32], [16, 24, 32], [99, 0, 0]])
    np.testing.assert_allclose(sample(volume, points, shift), [8, 4, 0])
    np.testing.assert_allclose(sample(volume, points, shift, order=0), [8, 0, 0])


def test_edges_follow_a_disc_and_nothing_else():
    y, x = np.mgrid[:80, :80]
    radius = np.hypot(x - 40, y - 40)
    plane = np.where(radius < 20, 100.0, 20.0) * (radius < 38)
    found = edges(plane, 1.0, radius < 30)
    assert found.any()
    assert np.abs(radius[found & (radius < 30)] - 20).max() < 1.6
    covered = np.unique((np.degrees(np.arctan2(y - 40, x - 40))[found & (radius < 30)] % 360 // 30).astype(int))
    assert len(covered) == 12
    assert not edges(np.zeros((20, 20)), 1.0, np.ones((20, 20), bool)).any()
    assert not edges(np.ones((20, 20)), 1.0, np.ones((20, 20), bool)).any()


def test_outline_lies_on_the_border_and_leaves_the_rest_alone():
    y, x = np.mgrid[:60, :60]
    radius = np.hypot(x - 30, y - 30)
    pixels = np.zeros((60, 60, 3), np.float32)
    draw_outline(pixels, (radius < 15).astype(np.float32), (255, 0, 0))
    drawn = pixels[..., 0] > 40
    assert np.abs(radius[drawn] - 14.5).max() < 2.5
    assert drawn[np.abs(radius - 14.6) < 0.3].all()
    assert (pixels[..., 1:] == 0).all()
    draw_outline(pixels, np.zeros((60, 60), np.float32), (0, 255, 0))
    assert (pixels[..., 1] == 0).all()


def test_windows_and_greys():
    low, high = window_of(np.linspace(100, 200, 1001))
    assert (low, high) == (pytest.approx(50.5), pytest.approx(199.0))
    assert window_of(np.zeros(0)) == (0.0, 1.0)
    np.testing.assert_allclose(gray(np.array([[0.0, 5, 20]]), (0, 10))[0, :, 0], [0, 127.5, 255])


def test_a_caption_is_never_cut_off(tmp_path):
    words = [("a caption much wider than its little panel " * 2, (255, 255, 255))]
    path = save_picture([(words, [Panel(np.zeros((20, 20, 3), np.float32))])], tmp_path / "a.png", title=())
    picture = np.asarray(Image.open(path).convert("L"))
    assert picture[:, -5:].max() == 0
    assert picture.max() > 240


def test_a_grid_is_described_as_a_person_would():
    turned = np.eye(4)
    turned[:2, :2] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    affine = turned @ np.diag([0.9, 0.9, 5, 1])
    assert describe(Grid((256, 224, 26), affine)) == "256 x 224 x 26 voxels · 0.9 x 0.9 x 5 mm · tilted 11°"
    assert tilt(np.eye(4)) == "axes straight"
