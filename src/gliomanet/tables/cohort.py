"""Tables of cases: the cohort, its audit, its splits, its images' quality, its radiomic features, its phantoms."""

from __future__ import annotations

from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.modalities import MODALITIES
from gliomanet.tables.columns import CASE_ID, CENTER, FOLD, REGION, Schema, integer, number, text

_ROLES = ("train", "external", "unlabelled")
_LABELS = tuple(text(label, f"Harmonised label {label}; empty: unknown", VOCABULARY[label]) for label in VOCABULARY)
_FURTHER = text("<label>", "Each further label of the study, as the built-in ones; empty: unknown")
_SOURCES = (
    *(text(f"{label}_source", f"Origin of the label {label}", ("measured", "derived")) for label in VOCABULARY),
    text("<label>_source", "Origin of a further label", ("measured", "derived")),
)
_MASKS = (
    text("tumour_mask", "File of the tumour mask; empty: none"),
    text("brain_mask", "File of the brain mask; empty: none"),
)
FILES = (*(text(name, f"File of the modality {name}; empty: missing") for name in MODALITIES), *_MASKS)
_MASK_CODES = text(
    "mask_codes",
    "Convention of the tumour mask's codes, as the key `mask_codes`: a name, or `core=2 oedema=1 enhancing=3`; "
    "empty: none is declared",
)
_SCAN = text("scan", "Time of the scan", ("baseline", "follow_up", "post_operative"))
_PATIENT = text("patient_id", "Patient, unique within the centre; a patient may have several cases")
_AGE = number("age", "Age in years; empty: unknown")
_SEX = text("sex", "Sex; empty: unknown", ("F", "M"))
_SURVIVAL = (
    number(
        "os_days",
        "Days from diagnosis or surgery to death, or to the last day on which the patient was known to live; empty: "
        "unknown",
    ),
    text("os_event", "End of these days: `1` death, `0` still alive or lost to follow-up; empty: unknown", ("0", "1")),
    text(
        "resection",
        "Extent of the resection; `not_gross_total`: subtotal or biopsy, the table does not say which; empty: unknown",
        ("gross_total", "subtotal", "biopsy", "not_gross_total"),
    ),
    integer("kps", "Karnofsky performance status, 0 to 100 in steps of ten; empty: unknown"),
)
SURVIVAL = tuple(column.name for column in _SURVIVAL)
"""Columns that tell what became of a patient, and what that hangs on; phantoms have none of them."""
_CENTER_ROLE = text("role", "Role of the centre in the study", _ROLES)

CASES = Schema(
    title="Cases",
    paths=("cohort/cases.tsv", "cohort/<center>.tsv"),
    row="one per case",
    columns=(
        *(CASE_ID, _PATIENT, CENTER, _CENTER_ROLE, *FILES, _MASK_CODES, *_LABELS, _FURTHER),
        *(_AGE, _SEX, *_SURVIVAL, *_SOURCES),
        *(text(f"{label}_raw", f"Cell of the label {label} as it was found") for label in VOCABULARY),
        text("<label>_raw", "Cell of a further label as it was found"),
        text("grade_edition", "Year of the WHO classification that the grade is of", ("2021", "2016", "2007")),
        text("diagnosis", "Diagnosis in the collection's own words"),
        _SCAN,
        text("other_ids", "Ids of the same patient in other collections, separated by `;`"),
    ),
    key=("center", "case_id"),
)

PATIENTS = Schema(
    title="Patients",
    paths=("cohort/patients/<center>.tsv",),
    row="one per case of an external centre: the columns of its case table that its splits and predictions read",
    columns=(CASE_ID, _PATIENT, CENTER, _CENTER_ROLE),
    key=("center", "case_id"),
)

LABELS = Schema(
    title="Labels",
    paths=("cohort/labels/<center>.tsv",),
    row="one per case of a centre that trains: the columns of its case table that splits and fits read, and no others",
    columns=(
        *PATIENTS.columns,
        text("<label>", "Each label of a task, as in the case table; empty: unknown"),
        text("<label>_source", "Origin of the label", ("measured", "derived")),
    ),
    key=("center", "case_id"),
)

AGES = Schema(
    title="Ages",
    paths=("cohort/ages/<center>.tsv",),
    row="one per case, for the models that read the age",
    columns=(CASE_ID, CENTER, _AGE),
    key=("center", "case_id"),
)

SEXES = Schema(
    title="Sexes",
    paths=("cohort/sexes/<center>.tsv",),
    row="one per case, for the models that read the sex",
    columns=(CASE_ID, CENTER, _SEX),
    key=("center", "case_id"),
)

OUTCOMES = Schema(
    title="Outcomes",
    paths=("cohort/outcomes/<center>.tsv",),
    row="one per case of a centre that tells of survival: the columns of its case table that survival is read from",
    columns=(*PATIENTS.columns, *_LABELS, _FURTHER, *_SOURCES, _AGE, _SCAN, *_SURVIVAL),
    key=("center", "case_id"),
)

HIDDEN_LABELS = Schema(
    title="Hidden labels",
    paths=("cohort/hidden/<center>.tsv",),
    row="one per case whose labels were taken away from its case table (`label_fraction`, or a centre of role "
    "`unlabelled`)",
    columns=(CENTER, CASE_ID, *_LABELS, _FURTHER, *_SOURCES),
    key=("center", "case_id"),
)

FINDINGS = Schema(
    title="Findings of the audit",
    paths=(
        *("cohort/audit.tsv", "audit/<center>.tsv", "audit/<center>.source.tsv"),
        "audit/features/findings.tsv",
        "audit/predictions/findings.tsv",
        "converted/<center>/<case>/findings.tsv",
    ),
    row="one per finding",
    columns=(
        text(
            "severity",
            "`fatal`: results would be false, the study stops; `error`: the case cannot be used; `warning`: a person "
            "should look; `note`: understood and handled",
            ("fatal", "error", "warning", "note"),
        ),
        text("rule", "Name of the check"),
        text("center", "Centre concerned; empty: the whole study"),
        text("case_id", "Case concerned; empty: the whole centre"),
        text("file", "File and column concerned; empty: none"),
        text("found", "Finding, with the values"),
        text("action", "Allowed values, and what to do"),
    ),
    key=("severity", "rule", "center", "case_id", "file", "found", "action"),
)

TUMOUR_VOLUMES = Schema(
    title="Volumes of the tumour masks as they came",
    paths=("audit/<center>.volumes.tsv",),
    row="one per case",
    columns=(
        CENTER,
        CASE_ID,
        number("tumour_volume_ml", "Volume of all tumour codes in ml; empty without a mask that can be read"),
    ),
    key=("center", "case_id"),
)

IMAGE_FILES = Schema(
    title="Image files as they were read",
    paths=("audit/<center>.files.tsv",),
    row="one per case × image file that can be opened",
    columns=(
        *(CENTER, CASE_ID, text("image", "Modality or mask", (*MODALITIES, "tumour_mask", "brain_mask"))),
        text("digest", "BLAKE2b of the file's bytes, 32 hexadecimal digits; of `.hdr` and `.img` together"),
        text("voxels", "Voxels along the axes of the file; empty for masks, and where it cannot be read as an image"),
        text("voxel_mm", "Size of a voxel along these axes in mm"),
        text("orientation", "Axes of the file, such as `RAS`"),
    ),
    key=("center", "case_id", "image"),
)

SPLITS = Schema(
    title="Splits",
    paths=("splits.tsv", "splits/development.tsv", "splits/external/<center>.tsv"),
    row="one per case × fold",
    columns=(
        *(CASE_ID, _PATIENT, CENTER, _CENTER_ROLE),
        text("scenario", "Scenario of `split.scenarios` that the fold belongs to"),
        FOLD,
        text("part", "Use of the case in this fold", ("train", "validation", "unlabelled", "external")),
    ),
    key=("fold", "center", "case_id"),
)

DICOM_SERIES = Schema(
    title="DICOM series",
    paths=("converted/<center>/<case>/series.tsv",),
    row="one per image that was found in a case's folder of DICOM files",
    columns=(
        text("series", "Number of the DICOM series"),
        text("file", "NIfTI file made of it; empty: not used"),
        text("words", "Words of its description that told the modality"),
        text("taken_as", "Modality that it shows; empty: none of the four"),
        text("why", "Reason for both"),
    ),
    key=("series", "file", "words", "taken_as", "why"),
)

PREPROCESSED_CASES = Schema(
    title="Preprocessed cases",
    paths=("preprocessed/<center>.tsv",),
    row="one per case: what decides whether it takes part, and whether its images are the same as before",
    columns=(
        *(CASE_ID, CENTER),
        text("status", "Outcome of preprocessing", ("ok", "failed", "dropped")),
        text("flagged", "Flag of its image quality; `quality.review` may leave the case out", ("yes", "no")),
        text("contents", "Digest of the preprocessed files"),
    ),
    key=("center", "case_id"),
)

IMAGE_QUALITY = Schema(
    title="Image quality",
    paths=("qc/<center>.tsv",),
    row="one per case; quality metrics are empty for cases without images, and for what a case lacks",
    columns=(
        CASE_ID,
        CENTER,
        text("status", "Outcome of preprocessing", ("ok", "failed", "dropped")),
        text("modalities", "Modalities of the case, separated by commas"),
        number("atlas_similarity", "Normalised mutual information of the reference modality and the atlas, 0 to 1"),
        *(
            number(f"similarity_{name}", f"Normalised mutual information of {name} and the reference, 0 to 1")
            for name in MODALITIES
        ),
        number("coregistration_gain", "Least gain in similarity by registration over the modalities"),
        number("residual_shift_mm", "Largest distance of a modality from where it is most like the reference, in mm"),
        number("coverage", "Least fraction of the brain that a modality shows, 0 to 1"),
        number("brain_volume_ml", "Volume of the brain mask in ml"),
        number("mask_atlas_dice", "Dice of the brain mask and the atlas' own, 0 to 1"),
        number("rim_outside", "Fraction of a shell outside the mask that looks like brain, over the deep brain's"),
        number("rim_inside", "Fraction of a shell inside the mask that looks like brain, over the deep brain's"),
        number("tumour_volume_ml", "Volume of the tumour mask in ml"),
        number("tumour_outside_brain", "Fraction of the tumour mask outside the brain mask, 0 to 1"),
        text("flags", "Quality metrics out of their bounds, separated by `; `"),
        text("reason", "Reason why the case has no images"),
        text("decision", "Use of the case by later stages", ("keep", "review", "exclude")),
        text("decided_by", "Who decided", ("pipeline", "person")),
        text("decision_reason", "Reason of the decision"),
    ),
    key=("center", "case_id"),
)

RADIOMICS = Schema(
    title="Radiomic features",
    paths=("radiomics/<center>.tsv", "radiomics/cases/<center>/<case>.tsv"),
    row="one per case × region of the tumour mask",
    columns=(
        CASE_ID,
        REGION,
        number(
            "<feature>",
            "Each radiomic feature in pyradiomics' units, named `mask_shape_<name>` or `<modality>_<family>_<name>`; "
            "`<one>-<other>_logratio_<name>`: log ratio of two modalities, of skewness the difference "
            "(`radiomics.ratios`)",
        ),
    ),
    key=("case_id", "region"),
)

VOID_FEATURES = Schema(
    title="Features that carry nothing",
    paths=("audit/features/void.tsv",),
    row="one per scenario × feature that its models and its explanation go without",
    columns=(
        text("scenario", "Scenario of `split.scenarios`; its training centres alone decide"),
        text("feature", "Radiomic feature, with its region in front where there are several"),
        text(
            "why",
            "`empty`: no value; `constant`: the same in every case; `one grey level`: texture of images that the "
            "histogram's bins made uniform; `mask alone`: texture that is the same in two contrasts; "
            "`duplicate`: another feature but for a factor and an offset",
            ("empty", "constant", "one grey level", "mask alone", "duplicate"),
        ),
        text("twin", "Feature that is kept in a duplicate's place"),
        integer("n", "Training cases that decided"),
        integer("n_features", "Features in all"),
    ),
    key=("scenario", "feature"),
)

PHANTOM_CASES = Schema(
    title="Phantoms",
    paths=("phantom/<center>/cases.tsv",),
    row="one per simulated patient; files are named relative to the folder",
    columns=(CASE_ID, _PATIENT, *FILES, *_LABELS, _AGE, _SEX),
    key=("case_id",),
)

PHANTOM_LABELS = Schema(
    title="True labels of the phantoms",
    paths=("phantom/labels.tsv",),
    row="one per simulated patient, those included whose label the case table leaves out",
    columns=(CENTER, CASE_ID, *_LABELS, _FURTHER),
    key=("center", "case_id"),
)

PHANTOM_TRUTH = Schema(
    title="Planted differences of the phantoms",
    paths=("phantom/truth.tsv",),
    row="one per radiomic feature × label × centre in which a difference between classes was planted",
    columns=(
        text("feature", "Radiomic feature that shows the difference"),
        REGION,
        text("label", "Label whose classes differ"),
        text("direction", "Sign of the positive class's difference from the rest", ("+", "-")),
        text("kind", "`signal`: holds in every centre; `shortcut`: one centre's scanner", ("signal", "shortcut")),
        text("center", "Centre of a shortcut; `all` for a signal"),
        text("why", "Cause of the difference"),
    ),
    key=("feature", "region", "label", "kind", "center"),
)

TABLES = (
    *(CASES, PATIENTS, LABELS, AGES, SEXES, OUTCOMES, HIDDEN_LABELS, FINDINGS, TUMOUR_VOLUMES, IMAGE_FILES, SPLITS),
    *(DICOM_SERIES, PREPROCESSED_CASES, IMAGE_QUALITY, RADIOMICS, VOID_FEATURES),
    *(PHANTOM_CASES, PHANTOM_LABELS, PHANTOM_TRUTH),
)
