"""Facts about images and hand-made features: what was done to them, by which software, with which settings."""

from __future__ import annotations

from gliomanet.models.artifact import TabularModelDescription
from gliomanet.reporting.format import count, listing, modality_name, plural
from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.results import StudyResults
from gliomanet.tables.feature_names import parts_of

DESCRIPTIONS = "models/<model>/<stage>/fold<fold>/model.json"
BRAINS = {
    "builtin": "extracted with gliomanet's own method",
    "hd-bet": "extracted with HD-BET",
    "synthstrip": "extracted with SynthStrip",
    "supplied": "taken from the supplied masks",
    "none": "declared as stripped already, and checked",
}
ATLAS = {
    "affine": "registered to the MNI152 atlas by one affine transform",
    "rigid": "registered to the MNI152 atlas by one rigid transform",
    "none": "declared to lie in atlas space, and checked",
}
SCALES = {
    "zscore": "z-scores inside the brain",
    "whitestripe": "z-scores of the white matter's stripe (WhiteStripe)",
    "none": "left as they were",
}


def preprocessing(results: StudyResults) -> Fact | None:
    """Imaging steps; None for a study of feature tables, which come from elsewhere."""
    if not _has_images(results):
        return None
    steps = results.settings["preprocessing"]
    told = ["N4 bias field correction"] * steps["bias_correction"]
    reference = modality_name(steps["reference"])
    told += [f"rigid registration of the modalities to {reference}"] * steps["coregistration"]
    text = f"Images: {listing(told)}; the" if told else "Images: the"
    text += f" brain was {BRAINS[steps['brain_extraction']]}; cases were {ATLAS[steps['atlas_registration']]}"
    own = [name for name, center in results.settings["centers"].items() if center.get("preprocessing")]
    text += f". Other steps at {listing(own)}, see the configuration" if own else ""
    return Fact(text + ".", "preprocessed/<center>/<case>/preprocess.json")


def resampling(results: StudyResults) -> Fact | None:
    """Voxel size of the grid; None without images."""
    if not _has_images(results):
        return None
    size = results.settings["preprocessing"]["spacing_mm"]
    return Fact(f"Images were resampled to voxels of {size:g} mm on the atlas grid.", "#made-with")


def intensities(results: StudyResults) -> Fact | None:
    """Normalisation of the intensities; None without images."""
    if not _has_images(results):
        return None
    how = SCALES[results.settings["preprocessing"]["normalization"]]
    return Fact(
        f"Intensities were brought to {how}." if how != SCALES["none"] else f"Intensities were {how}.", "#made-with"
    )


def acquisition(results: StudyResults) -> Fact | None:
    """Image headers; None without images."""
    if not _has_images(results):
        return None
    text = (
        "Voxel sizes, grids and orientation of every file are listed by centre; scanner, field strength and "
        "timing are not in the files."
    )
    return Fact(text, "audit/<center>.files.tsv")


def modalities(results: StudyResults) -> Fact | None:
    """Input modalities of the image networks; None where there is no such network."""
    told = [
        f"{name}: {', '.join(map(modality_name, model['modalities']))}"
        for name, model in results.settings["models"].items()
        if "modalities" in model
    ]
    return Fact(f"Input modalities: {'; '.join(told)}.", "#made-with") if told else None


def tumour_masks(results: StudyResults) -> Fact | None:
    """Origin of the tumour masks; None without images."""
    if not _has_images(results):
        return None
    masks = results.cases.get("tumour_mask")
    n = 0 if masks is None else int((masks.fillna("") != "").sum())
    text = (
        f"Tumour masks were supplied with {count(n)} of {plural(len(results.cases), 'case')}; none was drawn in "
        "the run."
    )
    return Fact(text, "cohort/cases.tsv")


def segmentation_scores(results: StudyResults) -> Fact | None:
    """Scores of the networks' own segmentations; None where no network segments."""
    if results.segmentation is None or results.segmentation.empty:
        return None
    text = (
        "Tumours segmented by the networks were compared with the supplied masks: Dice and HD95 by region and centre."
    )
    return Fact(text, "#segmentation")


def feature_extraction(results: StudyResults) -> Fact | None:
    """Software and regions of the radiomic features; None where they come from elsewhere."""
    if not _has_images(results) or not _takes_radiomics(results):
        return None
    version = results.versions.get("pyradiomics", "")
    regions = "; ".join(
        f"{name} (mask codes {', '.join(map(str, codes))})"
        for name, codes in results.settings["radiomics"]["regions"].items()
    )
    text = (
        f"Radiomic features were extracted with pyradiomics {version}".rstrip() + f" from each modality in {regions}."
    )
    return Fact(text, "radiomics/<center>.tsv")


def discretisation(results: StudyResults) -> Fact | None:
    """Width of the grey-level bins; None where features come from elsewhere."""
    if feature_extraction(results) is None:
        return None
    width = results.settings["radiomics"]["bin_width"]
    return Fact(
        f"Grey levels were binned at a fixed width of {width:g} in units of the normalised intensities.", "#made-with"
    )


def feature_count(results: StudyResults) -> Fact | None:
    """Number of features that models take; None where no model takes any."""
    sizes = [
        len(features)
        for model in results.models
        if isinstance(model, TabularModelDescription) and set(model.settings.get("inputs", ())) - {"age", "sex"}
        for features in model.features.values()
    ]
    if not sizes:
        return None
    span = count(min(sizes)) if min(sizes) == max(sizes) else f"{count(min(sizes))} to {count(max(sizes))}"
    return Fact(
        f"Models of features took {span} of them, by fold and task, after those that carry nothing were left out.",
        DESCRIPTIONS,
    )


def image_types(results: StudyResults) -> Fact | None:
    """Images that features are computed from; None where features come from elsewhere."""
    if feature_extraction(results) is None:
        return None
    return Fact("Features are of the original images; none is of a filtered image.", "radiomics/<center>.tsv")


def feature_classes(results: StudyResults) -> Fact | None:
    """Classes of the features that models take; None where no model takes any."""
    names = {
        parts_of(feature).family
        for model in results.models
        if isinstance(model, TabularModelDescription)
        for features in model.features.values()
        for feature in features
    } - {""}
    return Fact(f"Classes of the features taken: {listing(sorted(names))}.", DESCRIPTIONS) if names else None


def feature_tables(results: StudyResults) -> Fact | None:
    """Tables of the features; None where no model takes any."""
    if not _takes_radiomics(results):
        return None
    return Fact("The features of every case are in the results folder, a table a centre.", "radiomics/<center>.tsv")


def features_left_out(results: StudyResults) -> Fact | None:
    """Rule by which features are left out; None where no model takes any."""
    if not _takes_radiomics(results):
        return None
    text = (
        "Features that are empty, constant, texture of one grey level or of the mask alone, or a duplicate of another "
        "one were left out, decided on each fold's training cases without their labels."
    )
    return Fact(text, "audit/features/void.tsv")


def _has_images(results: StudyResults) -> bool:
    kinds = {center["source"]["kind"] for center in results.settings["centers"].values()}
    return not kinds <= {"features", "predictions"}


def _takes_radiomics(results: StudyResults) -> bool:
    return any(set(model.get("inputs", ())) - {"age", "sex"} for model in results.settings["models"].values())
