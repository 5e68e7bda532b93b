"""Names of radiomic features, taken apart: `<modality>_<family>_<name>`, or a region and that where there are several.

The parts are used for five things: models choose their inputs, volumes are taken out of correlations, features of the
mask alone are no modality's, grey levels are judged for the textures of one image, and physical units are compared
between centres. A name without a known family has no parts: it is a number like any other. Nor has what a model says
of a case, an input of stacks, whatever the model is called.
"""

from __future__ import annotations

from dataclasses import dataclass

MASK = "mask"
"""Stands in the place of a modality where a feature is of the mask alone."""

SHAPE = "shape"
FIRST_ORDER = "firstorder"
TEXTURES = ("glcm", "glrlm", "glszm", "gldm", "ngtdm", "ngldm", "gldzm")
LOG_RATIO = "logratio"
"""A first-order feature in one contrast over the same in another, as a logarithm; its modality is `<one>-<other>`."""

FAMILIES = (SHAPE, FIRST_ORDER, *TEXTURES, "histogram", "ivh", "localint", "lbp", LOG_RATIO)
"""pyradiomics' feature classes, then those that other programs have besides (IBSI), then the derived one."""

OF_MODEL = "logit("
"""The beginning of the name of what a model says of a case; see `models.member_logits`."""

VOLUMES = ("MeshVolume", "VoxelVolume", "Volume", "volume", "vol", "vol_approx")
"""Names of shape features that are the tumour's volume; the first that is there is taken out of the others."""

_LENGTHS = ("diameter", "axislength", "axis_length", "diam", "axis_major", "axis_minor", "axis_least")
_RATIOS = ("ratio", "compactness", "spher", "disprop", "elongation", "flatness", "density", "dens_", "asphericity")


@dataclass(frozen=True)
class FeatureName:
    """A feature's name in its parts; all but `name` are empty where the name has no known family.

    Attributes:
        region: of the tumour; "" where the name does not say.
        modality: `t1c`, `mask`, or any other word.
        family: one of `FAMILIES`.
        filter: of the image before the feature was measured, such as `wavelet-LLH`; "" for none.
        name: the rest.
    """

    region: str
    modality: str
    family: str
    filter: str
    name: str

    @property
    def of_mask(self) -> bool:
        """True for what is measured in the mask alone, whatever modality the name says."""
        return self.family == SHAPE or self.modality == MASK

    @property
    def measured_in(self) -> str:
        """The modality that the feature is measured in, `mask`, or "" where the name does not say."""
        return MASK if self.of_mask else self.modality

    @property
    def is_texture(self) -> bool:
        return self.family in TEXTURES

    @property
    def dimension(self) -> int:
        """Power of a millimetre that the feature's unit is: 3 for a volume; 0 where it has none or is not known."""
        word = self.name.lower()
        if self.family != SHAPE:
            return 0
        if "surfacevolumeratio" in word or word in ("av", "surface_volume_ratio"):
            return -1
        if any(part in word for part in _RATIOS):
            return 0
        if "vol" in word:
            return 3
        if "area" in word:
            return 2
        return 1 if any(part in word for part in _LENGTHS) else 0


def parts_of(feature: str) -> FeatureName:
    """Take a name apart.

    >>> parts_of("t1c_firstorder_Mean")
    FeatureName(region='', modality='t1c', family='firstorder', filter='', name='Mean')
    >>> parts_of("core_flair_glcm_wavelet-LLH_Contrast").filter
    'wavelet-LLH'
    >>> parts_of("necrosis_ratio").modality
    ''
    >>> parts_of("logit(t1c_firstorder_Mean, idh)").family
    ''
    """
    if is_of_model(feature):
        return FeatureName("", "", "", "", feature)
    words = feature.split("_")
    for place, word in enumerate(words[1:-1], start=1):
        if word in FAMILIES:
            rest = words[place + 1 :]
            of_filter = len(rest) > 1 and _is_filter(rest[0])
            name = "_".join(rest[1:] if of_filter else rest)
            filtered = rest[0] if of_filter else ""
            return FeatureName("_".join(words[: place - 1]), words[place - 1], word, filtered, name)
    return FeatureName("", "", "", "", feature)


def is_of_model(column: str) -> bool:
    """True for the name of what a model says of a case."""
    return column.startswith(OF_MODEL)


def _is_filter(word: str) -> bool:
    return "-" in word or word in ("square", "squareroot", "logarithm", "exponential", "gradient")
