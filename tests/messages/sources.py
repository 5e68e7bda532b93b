"""BIDS folders and DICOM series of which a person should know something: file → text, and series with their judgement."""

from __future__ import annotations

from gliomanet.cohort.dicom.series import Judgement, Medium, Series

_ANAT = "sub-01/anat/sub-01_"
_TABLE = {"participants.tsv": "participant_id\tidh\nsub-01\tmutant\n"}


def _images(*suffixes: str) -> dict[str, str]:
    return {**_TABLE, **{f"{_ANAT}{suffix}.nii.gz": "" for suffix in suffixes}}


BIDS: dict[str, dict[str, str]] = {
    "T1w without a sign": _images("run-1_T1w", "run-2_T1w"),
    "T1w after medium": {
        **_images("ce-gd_T1w", "T1w"),
        f"{_ANAT}ce-gd_T1w.json": '{"AcquisitionTime": "10:00:00"}',
        f"{_ANAT}T1w.json": '{"AcquisitionTime": "10:09:00"}',
    },
    "signs that deny each other": {
        **_images("ce-gd_T1w"),
        f"{_ANAT}ce-gd_T1w.json": '{"ContrastBolusIngredient": "NONE"}',
    },
    "sidecar": {**_images("T1w"), f"{_ANAT}T1w.json": "{"},
    "several images": _images("acq-2D_FLAIR", "acq-3D_FLAIR"),
    "label": {"sub-01_A/anat/sub-01_A_T1w.nii.gz": ""},
    "ids by number": {**_images("T1w"), "participants.tsv": "participant_id\tidh\nP01\tmutant\n"},
    "ids that fit twice": {**_images("T1w"), "participants.tsv": "participant_id\tidh\n1\tmutant\n001\twt\n"},
    "a row twice": {**_images("T1w"), "participants.tsv": "participant_id\tage\nsub-01\t45\nsub-01\t46\n"},
    "content of an annex": {**_images("T1w"), f"{_ANAT}T1w.nii.gz": "/annex/objects/MD5E-s100--0123.nii.gz\n"},
}


def _series(number: int, medium: Medium = "", missing: int = 0) -> tuple[Series, Judgement]:
    kind, shape = ("ORIGINAL", "PRIMARY"), (256, 256, 30)
    facts = (kind, ("SE",), 0.01, 0.5, None, False, False, shape, (1.0, 1.0, 5.0))
    series = Series(number, "", *facts, missing_slices=missing)
    if missing:
        return series, Judgement("", (), f"{missing} slices are missing between the others")
    return series, Judgement("t1c" if medium in ("after", "agent") else "t1", (), "t1", medium)


DICOM = {
    "T1 without a sign": [_series(3), _series(9)],
    "T1 after medium": [_series(3, "after"), _series(9)],
    "an agent in every T1": [_series(3, "agent"), _series(9, "agent")],
    "slices missing": [_series(3, missing=2)],
}
