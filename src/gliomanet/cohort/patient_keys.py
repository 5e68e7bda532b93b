"""When two ids mean the same patient: collections pad, capitalise and extend the same id differently."""

from __future__ import annotations

import re

# Follow-up and format suffixes of the public collections: UCSF-PDGM-0429_FU003d, UCSF-PDGM-0004_nifti.
_SUFFIX = re.compile(r"[_-](nifti|fu\w*)$")
# UPENN-GBM-00002_11 is the baseline scan, _21 the follow-up.
_UPENN_SCAN = re.compile(r"^(upenn-gbm-\d+)_\d\d$")
_LAST_NUMBER = re.compile(r"(^|[_\W])0+(\d+)$")


def patient_key(patient_id: str) -> str:
    """A patient's id without what differs between releases: case, zero padding of its last number, known suffixes.

    >>> patient_key("UCSF-PDGM-004") == patient_key("ucsf-pdgm-0004_nifti") == patient_key("UCSF-PDGM-0004_FU016d")
    True
    """
    key = patient_id.strip().lower()
    while (shorter := _SUFFIX.sub("", key)) != key:
        key = shorter
    key = _UPENN_SCAN.sub(r"\1", key)
    return _LAST_NUMBER.sub(r"\1\2", key)
