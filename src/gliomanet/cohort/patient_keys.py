"""Keys by which ids of the same patient are equal: collections pad, capitalise and extend an id differently."""

from __future__ import annotations

import re

# Suffixes of formats and sessions: UCSF-PDGM-0004_nifti, sub-01_ses-02, UPENN-GBM-00001_11_unstripped.
_FORMAT = re.compile(r"[_-](nifti|unstripped|stripped|segm?|mri)$")
_PATIENT_OF: tuple[re.Pattern[str], ...] = (
    # Follow-up scans: UCSF-PDGM-0429_FU003d, sub-01_ses-02. Without a digit, what is left would name a hospital.
    re.compile(r"^(.*\d.*)_(?:fu\d+d|ses-[a-z0-9]+)$"),
    # UPENN-GBM-00002_11 is the baseline scan, _21 the follow-up.
    re.compile(r"^(upenn-gbm-\d+)_\d\d$"),
    # BraTS-GLI-00000-000: the last three digits number the time points.
    re.compile(r"^(brats-[a-z]+-\d{5})-\d{3}$"),
    # A TCGA barcode names the patient by its first 12 characters; samples, aliquots and scan dates follow.
    re.compile(r"^(tcga-[a-z0-9]{2}-[a-z0-9]{4})(?=[-_.]).*$"),
)
_LAST_NUMBER = re.compile(r"(^|\D)0+(\d+)$")
_LOCAL = re.compile(r"(?:(?:sub|subject|patient|pat|pt|case|id)[-_ ]?)?\d+")


def patient_key(patient_id: str) -> str:
    """A patient's id without what differs between releases: case, zero padding of its last number, known suffixes.

    >>> patient_key("UCSF-PDGM-004") == patient_key("ucsf-pdgm-0004_nifti") == patient_key("UCSF-PDGM-0004_FU016d")
    True
    >>> patient_key("BT0001") == patient_key("BT001") != patient_key("BT010")
    True
    >>> patient_key("tcga-fg-6692-01A-11R") == patient_key("TCGA-FG-6692_1996.08.23")
    True
    """
    key = without_format(patient_id.strip().lower())
    for pattern in _PATIENT_OF:
        key = pattern.sub(r"\1", key)
    return _LAST_NUMBER.sub(r"\1\2", key)


def case_key(case_id: str) -> str:
    """A case's id without case, padding and format suffixes, but with the part that tells a patient's scans apart.

    >>> case_key("UCSF-PDGM-004") == case_key("UCSF-PDGM-0004_nifti") != case_key("UCSF-PDGM-0004_FU016d")
    True
    """
    return _LAST_NUMBER.sub(r"\1\2", without_format(case_id.strip().lower()))


def is_local(identifier: str) -> bool:
    """True for an id that is no more than a number, which names a patient inside one centre only.

    >>> is_local("007"), is_local("sub-12"), is_local("EGD-0012")
    (True, True, False)
    """
    return _LOCAL.fullmatch(identifier.strip().lower()) is not None


def without_format(key: str) -> str:
    """An id in lower case without suffixes of formats, such as `_nifti`."""
    while (shorter := _FORMAT.sub("", key)) != key:
        key = shorter
    return key
