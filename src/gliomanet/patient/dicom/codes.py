"""Coded words: those of SNOMED CT, DICOM, LOINC and UCUM where one says what is meant, else this project's own scheme.

No standard code says "enhancing tumour" or "probability that a model gives to IDH-mutant"; and the codes of a
laboratory's test would claim that a tissue was tested. Such words are of the private scheme `99GLIOMANET`, which every
object declares; a code is a digest of the English meaning, so that equal words have equal codes everywhere.
"""

from __future__ import annotations

import hashlib

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes

SCHEME = "99GLIOMANET"
_LONGEST = 64  # characters of a code's meaning

ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure
ANATOMY = codes.SCT.AnatomicalStructure
BRAIN = codes.SCT.Brain
NEOPLASM = codes.SCT.Neoplasm
OEDEMA = codes.SCT.Edema
VOLUME = codes.SCT.Volume
MILLILITRE = codes.UCUM.CubicCentimeter
NO_UNIT = codes.UCUM.NoUnits
BY_VOXELS = codes.DCM.SumOfSegmentedVoxelMethodForVolume
LEARNT = codes.DCM.ArtificialIntelligence
COMMENT = codes.DCM.Comment
BRAIN_MRI = codes.LN.BrainMRI
DEVICE = codes.DCM.Device


def own_code(meaning: str) -> CodedConcept:
    """A word of the private scheme."""
    value = "G" + hashlib.sha256(meaning.encode()).hexdigest()[:12].upper()
    short = meaning if len(meaning) <= _LONGEST else meaning[: _LONGEST - 1] + "…"
    return CodedConcept(value, SCHEME, short)


def declared_schemes() -> list[CodingSchemeIdentificationItem]:
    """The private scheme, for the header of each object that uses it."""
    name = "gliomanet: words for estimates that no standard code says"
    return [CodingSchemeIdentificationItem(SCHEME, name=name, responsible_organization="gliomanet")]
