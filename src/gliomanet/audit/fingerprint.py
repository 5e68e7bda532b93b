"""A fingerprint of a patient's head, by which the same head is found again in another export of another collection."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from gliomanet.audit.rules.image_identity import PAIR_COLUMNS
from gliomanet.files.atomic import open_atomically
from gliomanet.files.reading_back import read_written_arrays
from gliomanet.imaging.registration.head_pose import Fit, brain_tissues, edges, find_pose, pooled, refine_pose
from gliomanet.imaging.volume import Array, Matrix, Volume
from gliomanet.modalities import MODALITIES

SPACING_MM = 4.0
THRESHOLD = 0.62
"""Mean similarity from which two heads are one; `benchmarks/fingerprints.py` measures both sides' distance from it."""

SINGLE_THRESHOLD = 0.68
"""Similarity from which two heads are one that share one modality alone: no other evens out its chance likeness, and
single modalities of different phantoms of one template reach .649, above `THRESHOLD`."""

POSE_ORDER = ("t1c", "t1", "flair", "t2")
_EDGE_MM = 2.5
_DEEP_MM = 8.0
_SHARED_POSE = 0.4
_SCALE = 30

Key = tuple[str, str]


@dataclass(frozen=True)
class Fingerprint:
    """One modality of a case.

    Attributes:
        digest: SHA-256 of its voxels in RAS+ order, shape included: equal for the same voxels under another name.
        edges: int8 (n,): edges deep in the brain, less what every brain has, in `_SCALE`-ths of their deviation.
        explained: share of the deep brain's variance that the atlas explains at the pose found; low = pose in doubt.
    """

    digest: str
    edges: Array
    explained: float


Fingerprints = Mapping[str, Fingerprint]
"""Modality → fingerprint, of one case."""


def find_poses(modalities: Mapping[str, Volume]) -> dict[str, Fit]:
    """The pose of the head in each modality of a case.

    Modalities of a session lie nearly on each other, so the pose of one is where the search for the others starts;
    where that does not lead to the brain (exports with coordinates of their own, or a first pose that was wrong), the
    whole head is searched, and the modalities before are tried at the pose found there.

    Args:
        modalities: images in RAS+ order with a background of 0, as `reading.read_modality` gives them.
    """
    images = {name: pooled(modalities[name]) for name in sorted(modalities, key=POSE_ORDER.index)}
    poses: dict[str, Fit] = {}
    searched: list[Matrix] = []
    for name, image in images.items():
        pose = refine_pose(image, searched) if searched else find_pose(image)
        if searched and pose.explained < _SHARED_POSE:
            pose = max(pose, find_pose(image), key=_explained)
            searched.append(pose.matrix)
        searched = searched or [pose.matrix]
        poses[name] = pose
    if len(searched) > 1:
        poses = {name: max(pose, refine_pose(images[name], searched), key=_explained) for name, pose in poses.items()}
    return poses


def fingerprint_case(
    modalities: Mapping[str, Volume], poses: Mapping[str, Fit] | None = None
) -> dict[str, Fingerprint]:
    """The fingerprint of each modality of a case.

    Args:
        modalities: images in RAS+ order with a background of 0, as `reading.read_modality` gives them.
        poses: their poses; default: they are found.
    """
    poses = find_poses(modalities) if poses is None else poses
    return {
        name: Fingerprint(
            voxel_digest(modalities[name].array),
            _individual(pooled(modalities[name]), poses[name]),
            poses[name].explained,
        )
        for name in MODALITIES
        if name in modalities
    }


def _explained(pose: Fit) -> float:
    return pose.explained


def voxel_digest(array: Array) -> str:
    """SHA-256 of the voxels of an image (x, y, z) in RAS+ order and of its shape, in hexadecimal digits."""
    plain = np.ascontiguousarray(array, dtype="<f4") + np.float32(0)  # -0 and 0 are one value
    return hashlib.sha256(f"{plain.shape}".encode() + plain.tobytes()).hexdigest()


def _individual(image: Volume, pose: Fit) -> Array:
    """Edges of the deep brain at the pose, less their regression on the edges between the atlas' tissues.

    All brains share those: without them, the likeness of different heads falls from 0.9 to 0.5 (phantoms of one
    template), and that of one head stays.
    """
    brain = brain_tissues(SPACING_MM, _EDGE_MM, _DEEP_MM)
    sharp = edges(image, _EDGE_MM)
    pull = np.linalg.inv(image.grid.affine) @ pose.matrix @ brain.grid.affine
    box = ndimage.affine_transform(
        sharp.array, pull[:3, :3], pull[:3, 3], output_shape=brain.grid.shape, output=np.float32, order=1
    )
    values = box[brain.inside] - box[brain.inside].mean()
    shared, _ = np.linalg.qr(brain.basis - brain.basis.mean(axis=0))
    values = values - shared @ (shared.T @ values)
    scaled: Array = np.clip(np.rint(values * (_SCALE / max(float(values.std()), 1e-6))), -127, 127).astype(np.int8)
    return scaled


# ------------------------------------------------------------------------------------------------ pairs


def same_head_pairs(
    fingerprints: Mapping[Key, Fingerprints],
    *,
    threshold: float = THRESHOLD,
    single_threshold: float = SINGLE_THRESHOLD,
) -> pd.DataFrame:
    """The pairs of cases that show the same head: all pairs are compared by one matrix product per modality.

    A pair is judged by its mean similarity over the modalities that both cases have: of 124,750 pairs of phantoms of
    one template, single modalities reach .649, the mean of four .60. So a pair that shares one modality alone has to be
    more alike.

    Args:
        fingerprints: (center, case_id) → modality → fingerprint.
        threshold: least mean similarity over two modalities or more.
        single_threshold: least similarity of pairs that share one modality.

    Returns:
        One row per modality of each such pair, and of each pair of which a modality's voxels are equal (`same_voxels`),
        in `PAIR_COLUMNS`, sorted.
    """
    keys = sorted(fingerprints)
    compared = {name: _compared(keys, fingerprints, name) for name in MODALITIES}
    shared = sum(np.isfinite(one.alike).astype(np.float32) for one in compared.values())
    total = sum(np.nan_to_num(one.alike) for one in compared.values())
    least = np.where(shared > 1, threshold, single_threshold)
    found = total >= least * np.maximum(shared, 1)
    for one in compared.values():
        found |= one.equal
    rows = [
        (*keys[i], *keys[j], name, round(float(one.alike[i, j]), 4), bool(one.equal[i, j]))
        for i, j in np.argwhere(np.triu(found, 1))
        for name, one in compared.items()
        if np.isfinite(one.alike[i, j])
    ]
    return pd.DataFrame(sorted(rows), columns=list(PAIR_COLUMNS))


@dataclass(frozen=True)
class _Compared:
    """One modality of every pair of cases (n, n): similarity, NaN where one has none, and whether voxels are equal."""

    alike: Array
    equal: Array


def _compared(keys: Sequence[Key], fingerprints: Mapping[Key, Fingerprints], modality: str) -> _Compared:
    alike = np.full((len(keys), len(keys)), np.nan, np.float32)
    equal = np.zeros(alike.shape, dtype=bool)
    having = [place for place, key in enumerate(keys) if modality in fingerprints[key]]
    if having:
        ones = [fingerprints[keys[place]][modality] for place in having]
        digests = np.array([one.digest for one in ones])
        same = digests[:, None] == digests[None, :]
        alike[np.ix_(having, having)] = np.where(same, np.float32(1), similarities(ones))
        equal[np.ix_(having, having)] = same
    return _Compared(alike, equal)


def similarities(ones: Sequence[Fingerprint]) -> Array:
    """The correlation of every pair of fingerprints of one modality (n, n), float32 in [-1, 1]."""
    rows = np.stack([one.edges for one in ones]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + np.float32(1e-6)
    alike: Array = np.clip(rows @ rows.T, -1, 1)
    return alike


# ------------------------------------------------------------------------------------------------ files


def write_fingerprints(fingerprints: Mapping[str, Fingerprints], path: Path) -> None:
    """Write a centre's fingerprints as one compressed .npz, byte-identical for equal content.

    Args:
        fingerprints: case_id → modality → fingerprint.
        path: the file.
    """
    flat = [(case_id, name, one) for case_id in sorted(fingerprints) for name, one in fingerprints[case_id].items()]
    arrays = {
        "case_id": np.array([case_id for case_id, _, _ in flat], dtype=np.str_),
        "modality": np.array([name for _, name, _ in flat], dtype=np.str_),
        "digest": np.array([one.digest for _, _, one in flat], dtype=np.str_),
        "explained": np.array([one.explained for _, _, one in flat], dtype=np.float64),
        "edges": np.stack([one.edges for _, _, one in flat]) if flat else np.zeros((0, 0), np.int8),
    }
    # numpy.savez writes the time of day into the archive.
    with open_atomically(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())


def read_fingerprints(path: Path) -> dict[str, dict[str, Fingerprint]]:
    """A centre's fingerprints as `write_fingerprints` wrote them: case_id → modality → fingerprint.

    Raises:
        ProblemError: the file is damaged.
    """
    arrays = read_written_arrays(path)
    read: dict[str, dict[str, Fingerprint]] = {}
    for index, case_id in enumerate(arrays["case_id"]):
        one = Fingerprint(str(arrays["digest"][index]), arrays["edges"][index], float(arrays["explained"][index]))
        read.setdefault(str(case_id), {})[str(arrays["modality"][index])] = one
    return read
