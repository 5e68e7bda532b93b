"""Sections on what is computed from images and trained models: radiomics, prediction, evaluation, explanation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gliomanet.config.types import Flips, Fraction, Identifier, MaskCode, MaskCodes, Section
from gliomanet.errors import Problem, ProblemError


def _none_or_several(passes: int) -> int:
    if passes == 1:
        raise ProblemError(
            Problem("one pass has no standard deviation", "give 0 for none, or at least 2", rule="one_pass")
        )
    return passes


def _whole_tumour() -> dict[str, list[MaskCode]]:
    return {"whole": [1, 2, 4]}


class Radiomics(Section):
    """Feature extraction with pyradiomics from the preprocessed modalities."""

    bin_width: float = Field(0.25, gt=0, description="Histogram bin width, in units of the normalised intensities.")
    regions: dict[Identifier, MaskCodes] = Field(
        default_factory=_whole_tumour,
        min_length=1,
        description="Region name → tumour mask codes (1 core, 2 oedema, 4 enhancing).",
    )
    ratios: bool = Field(
        False,
        description="Add log ratios between contrasts: what the scanner does to all contrasts of a case cancels. "
        "`t1c-flair_logratio_Mean` is log(mean in T1c) − log(mean in FLAIR), for every pair of modalities and 13 first-order "
        "features, values below 0.02 put to it; of skewness, which has a sign, the difference. Repeats no extraction.",
    )


class Prediction(Section):
    """Predictions of the trained models, and their calibration."""

    calibration: Literal["temperature", "none"] = Field(
        "temperature",
        description="`temperature`: probabilities p^(1/T), a T for each model, stage, scenario and task that makes the "
        "validation cases likeliest; cross-fitted for validation cases, and blind to external labels. An ensemble of folds "
        "averages what they said unscaled.",
    )
    set_level: float = Field(
        0.9,
        ge=0.5,
        lt=1,
        description="Share of the cases of each class whose prediction set is to hold it, among patients like those of the training centres: `in_set` of the predictions. A class needs level / (1 − level) labelled patients that validate, else it is in every set.",
    )
    passes: Annotated[int, AfterValidator(_none_or_several)] = Field(
        0,
        ge=0,
        description="Stochastic passes with dropout on, whose standard deviation is `pass_std` of the predictions; "
        "0: none. Of networks only.",
    )
    test_time_augmentation: Flips = Field(
        "none",
        description="Image networks see a case flipped, too, and probabilities are averaged: `left_right` (2 passes; training flips so), `all` axes (8; GMMAS). A model's own key goes before.",
    )
    segmentation: bool = Field(
        True,
        description="Networks that learnt to segment write the tumours of validation and external cases, scored where there is a mask; off: classes only.",
    )
    min_component_fraction: Fraction = Field(
        0.1,
        description="Pieces of a segmented tumour below this share of its largest one's volume are dropped; 1: the largest alone stays, 0: all do.",
    )


class Evaluation(Section):
    """Metrics and their intervals."""

    resamples: int = Field(
        2000, ge=100, description="Draws of every interval that has no formula, stratified by true class."
    )
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence level of every interval.")
    reference: Identifier | None = Field(
        None,
        description="Model that all others have to beat, such as one of age alone: each one's difference from it on external centres is tested, and these tests are the family that Holm's correction is for. None: all pairs are.",
    )
    primary_model: Identifier | None = Field(
        None,
        description="The study's model, declared before its results were seen: the page answers for it first. None: no model is singled out.",
    )
    modality_subsets: bool = Field(
        False,
        description="Predict with every non-empty subset of an image model's modalities, and tell each modality's significance; costs 2^M − 1 passes per case and fold.",
    )


class Explanation(Section):
    """Selection of radiomic features as biomarkers."""

    shap_fraction: Fraction = Field(
        0.8, description="Share of the mean |SHAP| that the leading deep features, or inputs, carry."
    )
    max_q: Fraction = Field(
        0.05, description="Largest Benjamini-Hochberg q of a correlation, and of a biomarker's summary effect."
    )
    min_rho: Fraction = Field(
        0.3, description="Least |Spearman's rho| within centres between a deep and a radiomic feature."
    )
    max_i2: Fraction = Field(0.75, description="Largest share of the effects' variance that lies between centres.")
    min_per_class: int = Field(3, ge=2, description="Cases per class that a centre needs for an effect.")
