"""The same head is found again after all that exports do to it, and different heads are told apart."""

from itertools import combinations

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from gliomanet.audit.fingerprint import (
    PAIR_COLUMNS,
    SINGLE_THRESHOLD,
    THRESHOLD,
    Fingerprint,
    fingerprint_case,
    read_fingerprints,
    same_head_pairs,
    similarities,
    voxel_digest,
    write_fingerprints,
)
from gliomanet.config.sources import PhantomSource, Scanner
from gliomanet.imaging.reading import read_modality
from gliomanet.imaging.volume import Grid, Volume, resample
from gliomanet.phantom.center import plan_center, simulate_case


def phantoms(skull: bool, count: int) -> list[Volume]:
    source = PhantomSource(cases=count, scanner=Scanner(voxel_mm=(2, 2, 2.5), skull=skull))
    images = [simulate_case("F", patient, source, 5)["t1c"] for patient in plan_center("F", source, 5)]
    return [Volume.of(image.voxels.astype(np.float32), image.affine) for image in images]


def copy_of(volume: Volume, seed: int, spacing: tuple[float, float, float]) -> Volume:
    """Turned by 20, -15 and 25 degrees, shifted, on another grid, with another gain and exponent, a bias and noise."""
    rng = np.random.default_rng(seed)
    middle = volume.grid.affine[:3, :3] @ ndimage.center_of_mass(volume.array) + volume.grid.affine[:3, 3]
    move = np.eye(4)
    move[:3, :3] = Rotation.from_euler("xyz", [20, -15, 25], degrees=True).as_matrix()
    move[:3, 3] = middle - move[:3, :3] @ middle
    shape = tuple(int(260 / step) for step in spacing)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = middle - 130 + [12, -20, 9]
    grid = Grid(shape, affine)
    array = resample(volume, grid, move)
    slope = np.linspace(-0.25, 0.25, shape[0], dtype=np.float32)[:, None, None]
    changed = 7 * np.maximum(array, 0) ** np.float32(0.85) * np.exp(slope)
    noise = rng.normal(0, 0.02 * changed.max(), shape)
    return Volume(np.where(array != 0, np.abs(changed + noise), 0).astype(np.float32), grid)


@pytest.mark.parametrize("skull", [False, True])
def test_a_head_is_found_again_and_no_other(skull):
    heads = phantoms(skull, 3)
    sets = [*heads, copy_of(heads[0], 1, (1.5, 1.5, 4)), copy_of(heads[1], 2, (2, 2, 2))]
    prints = [fingerprint_case({"t1c": one}) for one in sets]
    alike = similarities([one["t1c"] for one in prints])
    same = {(0, 3), (1, 4)}
    lowest = min(alike[pair] for pair in same)
    highest = max(alike[pair] for pair in combinations(range(5), 2) if pair not in same)
    assert lowest > THRESHOLD + 0.1
    assert highest < THRESHOLD - 0.05
    pairs = same_head_pairs({("A", f"p{index}"): one for index, one in enumerate(prints)})
    assert list(zip(pairs["case_a"], pairs["case_b"], strict=True)) == [("p0", "p3"), ("p1", "p4")]
    assert not pairs["same_voxels"].any()


def test_storage_order_does_not_matter_at_all():
    head = phantoms(False, 1)[0]
    stored = nib.Nifti1Image(head.array, head.grid.affine).as_reoriented(np.array([[2, -1], [0, 1], [1, -1]]))
    plain = nib.as_closest_canonical(stored)
    again = Volume.of(np.ascontiguousarray(plain.dataobj), plain.affine)
    first, second = fingerprint_case({"t1c": head})["t1c"], fingerprint_case({"t1c": again})["t1c"]
    assert first.digest == second.digest
    assert np.array_equal(first.edges, second.edges)


def test_real_heads_stripped_and_with_skull(shared_data):
    folder = shared_data / "real-mri"
    prints = {}
    for name in ("TCGA-FG-6692/native", "TCGA-FG-6692/sri24", "TCGA-DU-7294/sri24"):
        volume = read_modality(folder / name / "t1c.nii.gz", name, "t1c").volume
        prints["real", name] = fingerprint_case({"t1c": volume})
    pairs = same_head_pairs(prints)
    assert pairs[["case_a", "case_b"]].to_numpy().tolist() == [["TCGA-FG-6692/native", "TCGA-FG-6692/sri24"]]


# ------------------------------------------------------------------------------------------------ pairs and files


def made(seed: int, digest: str) -> Fingerprint:
    edges = np.random.default_rng(seed).integers(-90, 90, 500).astype(np.int8)
    return Fingerprint(digest, edges, 0.5)


def test_pairs_are_sorted_compared_within_a_modality_and_marked_where_voxels_are_equal():
    prints = {
        ("B", "2"): {"t1": made(1, "x"), "t2": made(7, "c")},
        ("A", "1"): {"t1": made(1, "x"), "t2": made(7, "d")},
        ("A", "3"): {"t1c": made(1, "x")},  # the same voxels, but under another modality
    }
    pairs = same_head_pairs(prints)
    assert list(pairs.columns) == list(PAIR_COLUMNS)
    assert pairs.to_numpy().tolist() == [
        ["A", "1", "B", "2", "t1", 1.0, True],
        ["A", "1", "B", "2", "t2", 1.0, False],
    ]


def test_equal_voxels_are_a_pair_even_where_no_head_was_found():
    empty = Fingerprint("x", np.zeros(500, np.int8), 0.0)
    pairs = same_head_pairs({("A", "1"): {"t1": empty}, ("A", "2"): {"t1": empty}})
    assert pairs["same_voxels"].tolist() == [True]


@pytest.mark.parametrize(("alike", "needed"), [(0.60, None), (0.65, 2), (0.70, 1)])
def test_a_pair_that_shares_one_modality_has_to_be_more_alike(alike, needed):
    rng = np.random.default_rng(4)
    one, other = np.linalg.qr(rng.normal(size=(4000, 2)))[0].T  # at right angles, of length 1
    second = alike * one + np.sqrt(1 - alike**2) * other
    edges = [np.rint(30 * np.sqrt(4000) * side).clip(-127, 127).astype(np.int8) for side in (one, second)]

    def found(modalities):
        cases = {
            ("A", str(n)): {name: Fingerprint(f"{n}{name}", side, 0.5) for name in modalities}
            for n, side in enumerate(edges)
        }
        return not same_head_pairs(cases).empty

    assert found(["t1c"]) == (needed == 1)
    assert found(["t1c", "t2"]) == (needed is not None)
    assert THRESHOLD < 0.65 < SINGLE_THRESHOLD < 0.70


def test_no_pair_among_one_case_or_none():
    assert same_head_pairs({}).columns.tolist() == list(PAIR_COLUMNS)
    assert same_head_pairs({("A", "1"): {"t1": made(1, "x")}}).empty


def test_a_digest_is_of_voxels_and_shape():
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert voxel_digest(array) == voxel_digest(np.asfortranarray(array.astype(np.int16)))
    assert voxel_digest(array) != voxel_digest(array.reshape(3, 2, 4))
    assert voxel_digest(array) != voxel_digest(array + np.float32(0.5))


def test_a_file_holds_what_was_written_and_equal_content_is_equal_bytes(tmp_path):
    prints = {"case-2": {"t1": made(1, "x"), "t2": made(2, "y")}, "case-1": {"t1": made(3, "z")}, "case-0": {}}
    write_fingerprints(prints, tmp_path / "a.npz")
    write_fingerprints(dict(reversed(prints.items())), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_fingerprints(tmp_path / "a.npz")
    assert {case: list(one) for case, one in read.items()} == {"case-1": ["t1"], "case-2": ["t1", "t2"]}
    assert read["case-2"]["t2"].digest == "y"
    assert read["case-2"]["t2"].explained == 0.5
    assert np.array_equal(read["case-2"]["t2"].edges, prints["case-2"]["t2"].edges)


def test_a_centre_without_a_readable_image_has_an_empty_file(tmp_path):
    write_fingerprints({"case-1": {}}, tmp_path / "a.npz")
    assert read_fingerprints(tmp_path / "a.npz") == {}
