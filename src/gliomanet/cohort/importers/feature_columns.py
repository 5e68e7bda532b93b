"""Columns of feature tables as extractors name them, in the contract's parts: region, modality, family, filter, name.

pyradiomics: `original_glcm_Contrast`, `wavelet-LLH_firstorder_Mean`, `log-sigma-1-0-mm-3D_…`, with words around it.
CaPTk: `T1CE_ET_Intensity_Mean`. MIRP (IBSI's abbreviations): `morph_volume`, `stat_mean`, `cm_contrast_…`. And the
contract's own names. What words before and after say: a modality, a region, or one that is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gliomanet.tables.feature_names import FAMILIES, MASK, SHAPE, FeatureName, parts_of

IMAGE = "image"
"""Stands in the place of the modality of a feature of intensity whose name says none."""

MODALITY_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("t1", "t1w", "t1n", "t1pre"), "t1"),
    **dict.fromkeys(("t1c", "t1ce", "t1gd", "t1gad", "t1post", "t1wce", "t1contrast", "cet1", "ct1", "t1km"), "t1c"),
    **dict.fromkeys(("t2", "t2w"), "t2"),
    **dict.fromkeys(("flair", "t2flair", "t2f", "fl"), "flair"),
    MASK: MASK,
}
"""Lower-case word without signs → modality."""

REGION_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("et", "enhancing", "enh"), "enhancing"),
    **dict.fromkeys(("wt", "whole", "wholetumor", "wholetumour", "tumor", "tumour", "all"), "whole"),
    **dict.fromkeys(("tc", "core", "tumorcore", "tumourcore"), "core"),
    **dict.fromkeys(("ncr", "nc", "net", "necrosis", "necrotic", "nonenhancing", "ncrnet"), "necrosis"),
    **dict.fromkeys(("ed", "edema", "oedema", "peritumoral"), "oedema"),
}
"""Lower-case word without signs → region of the tumour."""

_FILTER = (
    r"original|wavelet\d?-[LH]{2,3}|log-sigma-[\d.-]+-mm-[23]D|lbp-[23]D(?:-\w+)?|squareroot|square|logarithm|"
    r"exponential|gradient"
)
_PYRADIOMICS = re.compile(
    rf"(?:(?P<before>.*)[_.\s-])?(?P<filter>{_FILTER})_(?P<family>shape|firstorder|glcm|glrlm|glszm|gldm|ngtdm)_"
    r"(?P<name>[A-Za-z0-9]+)(?:[_.\s-](?P<after>.*))?"
)
_CAPTK_FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("intensity", "firstorder", "first_order"), "firstorder"),
    **dict.fromkeys(("morphologic", "volumetric", "shape"), SHAPE),
    **{name: name for name in ("histogram", "glcm", "glrlm", "glszm", "ngtdm", "ngldm", "gldm", "lbp")},
}
_CAPTK = re.compile(rf"(?P<before>.+?)_(?P<family>{'|'.join(_CAPTK_FAMILIES)})_(?P<name>.+)", re.IGNORECASE)
_MIRP_FAMILIES: Mapping[str, str] = {
    "morph": SHAPE,
    "stat": "firstorder",
    "ih": "histogram",
    "ivh": "ivh",
    "loc": "localint",
    "cm": "glcm",
    "rlm": "glrlm",
    "szm": "glszm",
    "dzm": "gldzm",
    "ngt": "ngtdm",
    "ngl": "ngldm",
}
_MIRP_FILTER = r"(?:wavelet|gabor|laws)_.+?|log_s[\d.]+(?:_.+?)?"
_MIRP = re.compile(
    rf"(?:(?P<before>.+?)_)??(?:(?P<filter>{_MIRP_FILTER})_)?(?P<family>{'|'.join(_MIRP_FAMILIES)})_(?P<name>[a-z].*)"
)
_MIRP_NAMES: Mapping[str, re.Pattern[str]] = {
    "stat": re.compile(
        r"(?:mean|var|skew|kurt|median|min|p10|p90|max|iqr|range|mad|rmad|medad|cov|qcod|energy|rms)(?:_.*)?"
    ),
    "loc": re.compile(r"peak.*"),
}
"""Family → its names, of the families whose abbreviation is a word of other columns, too: `vital_stat_dead`."""

_OTHER_IMAGES = ("adc", "dwi", "swi", "fa", "md", "cbv", "rcbv", "cbf", "asl", "pet", "ct", "mr", "mri")


def feature_of(column: str) -> FeatureName | None:
    """The parts of a column that an extractor named; `None` for any other column.

    >>> feature_of("T1CE_ET_Intensity_Mean")
    FeatureName(region='enhancing', modality='t1c', family='firstorder', filter='', name='Mean')
    >>> feature_of("wavelet-LLH_glcm_Contrast_FLAIR").filter
    'wavelet-LLH'
    >>> feature_of("age_at_scan") is None
    True
    """
    if column.startswith("diagnostics_"):
        return None
    if match := _PYRADIOMICS.fullmatch(column):
        filtered = "" if match["filter"] == "original" else match["filter"]
        words = [*_words(match["before"]), *_words(match["after"])]
        return _placed(words, match["family"], filtered, match["name"])
    own = parts_of(column)
    if own.family and (own.modality in MODALITY_WORDS.values() or own.modality == IMAGE):
        return own
    if (match := _CAPTK.fullmatch(column)) and any(_plain(word) in MODALITY_WORDS for word in _words(match["before"])):
        return _placed(_words(match["before"]), _CAPTK_FAMILIES[match["family"].lower()], "", match["name"])
    if (match := _MIRP.fullmatch(column)) and _of_mirp(match):
        filtered = (match["filter"] or "").replace("_", "-")
        return _placed(_words(match["before"]), _MIRP_FAMILIES[match["family"]], filtered, match["name"])
    return None


def _of_mirp(match: re.Match[str]) -> bool:
    """True where only an image or a region stands before the family: `tumor_size_cm_preop` is a length in cm."""
    known = {*MODALITY_WORDS, *REGION_WORDS, *_OTHER_IMAGES}
    names = _MIRP_NAMES.get(match["family"])
    return all(_plain(word) in known for word in _words(match["before"])) and (
        names is None or names.fullmatch(match["name"]) is not None
    )


def feature_by(pattern: re.Pattern[str], column: str) -> FeatureName | None:
    """The parts that a pattern gives a column: without a family known, its name as it is, in a region."""
    match = pattern.fullmatch(column)
    if match is None:
        return None
    parts = {name: value or "" for name, value in match.groupdict().items()}
    region = _known(REGION_WORDS, parts.get("region", ""))
    family = parts.get("family", "").lower()
    family = _CAPTK_FAMILIES.get(family, _MIRP_FAMILIES.get(family, family))
    if family not in FAMILIES:
        return FeatureName(region, "", "", "", _without(match, "region") if region else column)
    modality = _known(MODALITY_WORDS, parts.get("modality", "")) or (MASK if family == SHAPE else IMAGE)
    return FeatureName(region, modality, family, parts.get("filter", ""), parts.get("name") or column)


def column_of(name: FeatureName) -> str:
    """The contract's name of a feature, without its region: `<modality>_<family>_<name>`, or a plain name."""
    if not name.family:
        return name.name
    return "_".join(filter(None, (name.modality, name.family, name.filter, name.name)))


def _placed(words: Iterable[str], family: str, filtered: str, name: str) -> FeatureName:
    """The parts, from the words around family and name: an unknown word is a modality, or else a region."""
    modality, region, others = "", "", list[str]()
    for word in words:
        plain = _plain(word)
        if plain in MODALITY_WORDS and not modality:
            modality = MODALITY_WORDS[plain]
        elif plain in REGION_WORDS and not region:
            region = REGION_WORDS[plain]
        else:
            others.append(word)
    if not modality and others and family != SHAPE:
        modality = others.pop(0).lower()
    if not region and others:
        region = "-".join(others).lower()
        others = []
    modality = modality or (MASK if family == SHAPE else IMAGE)
    return FeatureName(region, modality, family, filtered, "_".join((name, *others)))


def _words(text: str | None) -> list[str]:
    return [word for word in re.split(r"[_.\s]+|-(?=\D)", text or "") if word]


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _known(words: Mapping[str, str], word: str) -> str:
    return words.get(_plain(word), word.lower())


def _without(match: re.Match[str], group: str) -> str:
    start, end = match.span(group)
    return re.sub(r"^[_.\s-]+|[_.\s-]+$|(?<=[_.\s-])[_.\s-]+", "", match.string[:start] + match.string[end:])
