"""Words of the quality pages: the metrics' labels, and how a person judges each picture."""

from __future__ import annotations

from dataclasses import dataclass

MODALITIES = {"t1": "T1", "t1c": "T1c", "t2": "T2", "flair": "FLAIR"}
NAMES = {
    "atlas_similarity": "Similarity to the atlas",
    **{f"similarity_{key}": f"{name} to reference" for key, name in MODALITIES.items()},
    "coregistration_gain": "Gain by registration",
    "residual_shift_mm": "Residual shift, mm",
    "coverage": "Coverage",
    "brain_volume_ml": "Brain, ml",
    "mask_atlas_dice": "Mask on atlas, Dice",
    "rim_outside": "Brain outside the mask",
    "rim_inside": "Brain inside the rim",
    "tumour_volume_ml": "Tumour, ml",
    "tumour_outside_brain": "Tumour outside the brain",
}
EXPLAINED = {
    "atlas_similarity": "normalised mutual information of the case and the atlas, in atlas space; high is good",
    **{
        f"similarity_{key}": f"normalised mutual information of {name} and the reference after registration; "
        "high is good"
        for key, name in MODALITIES.items()
    },
    "coregistration_gain": "similarity after registration minus before, of the modality that gained least; not below 0",
    "residual_shift_mm": "how far the worst modality would have to be moved to be most like the reference; 0 to 2 mm",
    "coverage": "share of the brain that the smallest modality shows; 1 is all",
    "brain_volume_ml": "volume of the brain mask; adults 1,000 to 1,900 ml",
    "mask_atlas_dice": "overlap of the brain mask with the atlas' own after registration; 1 is the same shape",
    "rim_outside": "how much of the 4 mm around the mask looks like brain; low is good, 1 is as brain as brain",
    "rim_inside": "how much of the 4 mm inside the mask's border looks like brain; high is good",
    "tumour_volume_ml": "volume of the tumour mask",
    "tumour_outside_brain": "share of the tumour mask outside the brain mask; 0 is good",
}


@dataclass(frozen=True)
class Section:
    """One picture of a case's page: its file in `qc/`, its heading, and what good and bad look like."""

    anchor: str
    heading: str
    good: str
    bad: str
    absent: str


SECTIONS = (
    Section(
        "scanned",
        "As scanned",
        "the whole head from the crown to the base of the skull, grey and white matter told apart, each row the "
        "modality that its name says (T1c: vessels bright; T2: ventricles bright; FLAIR: ventricles dark, oedema "
        "bright).",
        "a cut-off brain, motion ripples, metal holes, a modality under another's name, a head upside down or lying on "
        "its side. Steps in the coronal and sagittal planes are thick slices, not a fault.",
        "No picture of the scans was drawn.",
    ),
    Section(
        "bias",
        "N4 bias correction",
        "after: white matter equally bright in front and behind, left and right; the field is smooth, broad and pale.",
        "a field that follows anatomy or the tumour (N4 took contrast for a coil's shadow), patches, or a brain darker "
        "on one side after than before.",
        "N4 was off, so nothing was corrected.",
    ),
    Section(
        "coregistration",
        "Co-registration",
        "green lines run along the grey picture's own borders: ventricles, sulci, the midline, the skull's inside.",
        "green lines doubled, shifted or turned against the grey picture; ventricles drawn beside the ventricles. "
        "Yellow lines may be off: they show where the headers alone would put the modality. Lines below the grey "
        "picture are a modality that reaches further down.",
        "There is one modality only, so nothing was registered to another.",
    ),
    Section(
        "atlas",
        "On the atlas",
        "blue encloses the brain, yellow lies on ventricles, midline and sulci to within some millimetres; the head is "
        "upright, nose up in axial planes. One affine for everybody cannot follow each gyrus, nor ventricles that a "
        "tumour presses.",
        "a brain much smaller or larger than the blue line, tilted, mirrored (compare L and R with the tumour's known "
        "side), or cut.",
        "No picture of the atlas was drawn.",
    ),
    Section(
        "brain",
        "Brain mask",
        "blue follows the brain's surface on every modality, takes in cerebellum and brain stem, and leaves out eyes, "
        "skull, scalp and sinuses. A tumour at the surface is inside.",
        "cortex outside the line, the line in the skull or around an eye, a temporal pole or the cerebellum cut off, a "
        "tumour's bay left out.",
        "No picture of the mask was drawn.",
    ),
    Section(
        "tumour",
        "Tumour mask",
        "red takes in the oedema that is bright on FLAIR and T2, yellow the ring that enhances on T1c, green what lies "
        "inside it; compare with the bare row above.",
        "an outline beside the lesion (a mask of another grid or another patient), mirrored, in the ventricles, or a "
        "lesion without an outline.",
        "There is no tumour mask, or it is empty.",
    ),
)
HISTOGRAMS = Section(
    "histograms",
    "Intensities inside the brain",
    "curves of one hump or two (grey, white matter) that lie upon each other after normalisation.",
    "a curve away from the others, a second hump where nobody has one, a spike at 0 or at the end (clipped values, "
    "background inside the mask). Much oedema makes a shoulder at the right on FLAIR and T2.",
    "No histogram was made.",
)
OVERVIEW = Section(
    "overview",
    "What the networks see",
    "stripped, upright, all modalities showing the same slice, blue on the brain's border, red on the tumour.",
    "anything cut off, doubled or empty: no later step will mend it.",
    "No overview was drawn.",
)
