"""The names of radiomic features in a language: pyradiomics' own in English, the field's terms in Chinese."""

from __future__ import annotations

from gliomanet.patient.statements.sentences import sentences
from gliomanet.radiomics.ratios import SIGNED
from gliomanet.reporting.format import feature_name
from gliomanet.tables.feature_names import LOG_RATIO


def feature_words(feature: str, language: str) -> str:
    """`t1c_glcm_Contrast` → `T1c GLCM Contrast`, `T1增强 GLCM 对比度`; a part without a word stays as it is."""
    if language == "en":
        return feature_name(feature)
    told = sentences(language)
    parts = feature.split("_")
    measured, *middle, name = parts if len(parts) > 1 else ("", *parts)
    where = told.name("feature_link", "pair").join(told.name("modality", one) for one in measured.split("-"))
    kind = "difference" if name.lower() in SIGNED else LOG_RATIO
    said = [told.name("feature_family", kind if one == LOG_RATIO else one) for one in middle]
    return " ".join(filter(None, (where, *said, told.name("feature", name))))
