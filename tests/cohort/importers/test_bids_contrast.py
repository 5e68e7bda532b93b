"""T1w before and after contrast medium: names, sidecars and what they pass on to the files below them."""

import gzip
import json
import struct

import pytest

from gliomanet.cohort.importers.case_table import import_center

COLUMNS = ("t1", "t1c", "t2", "flair")


@pytest.fixture
def chosen(make_tree):
    """Suffixes of sub-01's images and sidecars by their paths → what is taken, and the rules of the warnings."""

    def choose(suffixes, sidecars=None, session=""):
        inner = f"ses-{session}/" if session else ""
        stem = "sub-01_" + (f"ses-{session}_" if session else "")
        folder = make_tree([f"sub-01/{inner}anat/{stem}{suffix}.nii.gz" for suffix in suffixes])
        for path, values in (sidecars or {}).items():
            (folder / path).write_text(values if isinstance(values, str) else json.dumps(values))
        (folder / "participants.tsv").write_text("participant_id\tidh\nsub-01\tmutant\n")
        cases, findings = import_center("bids", "A", "train", folder)
        taken = {c: cases.loc[0, c].rpartition(stem)[2].removesuffix(".nii.gz") for c in COLUMNS if cases.loc[0, c]}
        return taken, [finding.rule for finding in findings if finding.severity == "warning"]

    return choose


GADOLINIUM = {"ContrastBolusIngredient": "GADOLINIUM"}
ANAT = "sub-01/anat/sub-01_"


@pytest.mark.parametrize(
    ("label", "column"),
    [
        *((label, "t1c") for label in ("ce-gadolinium", "ce-GADOVIST", "acq-post", "acq-mpragePost", "acq-Gd")),
        *((label, "t1c") for label in ("acq-3Dpostgd", "acq-t1ce", "rec-post", "acq-mprageKM", "acq-stealthPost")),
        *((label, "t1c") for label in ("acq-spgrGad", "acq-postcontrast", "acq-contrastEnhanced", "acq-T1c")),
        *((label, "t1c") for label in ("acq-wContrast", "acq-mprageDotarem")),
        *((label, "t1") for label in ("ce-none", "ce-NONE", "acq-pre", "acq-noce", "acq-nogd", "acq-preGd")),
        *((label, "t1") for label in ("acq-noncontrast", "acq-mpragepre", "acq-native", "acq-withoutcontrast")),
        *((label, "t1") for label in ("acq-woContrast", "acq-sansgado")),
        # No words of contrast medium.
        *(
            (label, "t1")
            for label in (
                "acq-postop",
                "acq-preop",
                "acq-mprage",
                "acq-highres",
                "rec-norm",
                "acq-postRT",
                "acq-postResection",
                "acq-postGK",
            )
        ),
    ],
)
def test_words_of_a_name(chosen, label, column):
    taken, rules = chosen([f"{label}_T1w"])
    assert (taken, rules) == ({column: f"{label}_T1w"}, [])


def test_an_agent_in_the_sidecar(chosen):
    taken, rules = chosen(["run-1_T1w", "run-2_T1w"], {f"{ANAT}run-2_T1w.json": GADOLINIUM})
    assert (taken, rules) == ({"t1": "run-1_T1w", "t1c": "run-2_T1w"}, [])


@pytest.mark.parametrize(
    ("sidecar", "column"),
    [
        ({"ContrastBolusAgent": "Gadovist 7.5 ml"}, "t1c"),
        ({"ContrastBolusIngredient": ["GADOLINIUM"]}, "t1c"),
        *(
            ({"ContrastBolusAgent": cell}, "t1")
            for cell in ("NONE", "SANS", "N.A.", "senza mdc", "Pre contrast", "NON", "Sin contraste", "geen", "aucun")
        ),
        *(
            ({"ContrastBolusAgent": cell}, "t1")
            for cell in ("(none)", "precontrast", "vor KM", "Before Gadovist", "Gd-", "UNK", "KM nein", "-C", "ninguno")
        ),
        *(({"ContrastBolusAgent": cell}, "t1c") for cell in ("Gd-DTPA", "0.1 mmol/kg", "YES", "Sinerem")),
        ({"SeriesDescription": "t1_se_tra_KM-"}, "t1"),
        ({"SeriesDescription": "T1 Gd- tra"}, "t1"),
        ({"SeriesDescription": "T1 C-"}, "t1"),
        ({"SeriesDescription": "T1 Gd-DTPA"}, "t1c"),
        ({"SeriesDescription": "t1_se_tra_KM+"}, "t1c"),
        ({"ContrastBolusAgent": "n/a", "SeriesDescription": "t1_mprage_sag"}, "t1"),
        ({"SeriesDescription": "AX T1 +C"}, "t1c"),
        ({"SeriesDescription": "AX T1 PRE", "ProtocolName": "Brain w/ contrast"}, "t1"),
        ({"ProtocolName": "t1_mprage_post_KM"}, "t1c"),
        ({"ProtocolName": "BRAIN W/WO CONTRAST"}, "t1"),
        ({"SeriesDescription": "T1 post-op"}, "t1"),
    ],
)
def test_a_lone_image_told_by_its_sidecar(chosen, sidecar, column):
    assert chosen(["T1w"], {f"{ANAT}T1w.json": sidecar}) == ({column: "T1w"}, [])


def test_sidecars_higher_up_hold_for_what_is_below_them_and_the_nearest_stands(chosen):
    session = "sub-01/ses-1/"
    suffixes = ["acq-a_T1w", "acq-b_T1w", "FLAIR"]
    of_session = {f"{session}sub-01_ses-1_acq-b_T1w.json": GADOLINIUM}
    assert chosen(suffixes, of_session, "1") == ({"t1": "acq-a_T1w", "t1c": "acq-b_T1w", "flair": "FLAIR"}, [])
    of_all = {
        "T1w.json": GADOLINIUM,
        f"{session}anat/sub-01_ses-1_acq-a_T1w.json": {"ContrastBolusIngredient": "NONE"},
    }
    assert chosen(suffixes, of_all, "1")[0] == {"t1": "acq-a_T1w", "t1c": "acq-b_T1w", "flair": "FLAIR"}


def test_signs_that_deny_each_other_are_a_warning(chosen):
    sidecar = {f"{ANAT}ce-gadolinium_T1w.json": {"ContrastBolusIngredient": "NONE"}}
    taken, rules = chosen(["T1w", "ce-gadolinium_T1w"], sidecar)
    assert (taken, rules) == ({"t1": "T1w", "t1c": "ce-gadolinium_T1w"}, ["medium_disagrees"])


def test_a_minus_that_may_be_a_dash_is_a_warning(chosen):
    assert chosen(["T1w"], {f"{ANAT}T1w.json": {"SeriesDescription": "T1 - Gd"}})[1] == ["medium_disagrees"]


def test_a_sidecar_that_cannot_be_read_is_a_warning(chosen):
    assert chosen(["T1w"], {f"{ANAT}T1w.json": "{"})[1] == ["sidecar_unreadable"]


def test_of_two_without_a_sign_the_first_is_taken_with_a_warning(chosen):
    taken, rules = chosen(["run-1_T1w", "run-2_T1w"])
    assert (taken, rules) == ({"t1": "run-1_T1w"}, ["t1_may_show_contrast_medium"])
    times = {f"{ANAT}run-{run}_T1w.json": {"AcquisitionTime": f"1{3 - run}:00:00.5"} for run in (1, 2)}
    assert chosen(["run-1_T1w", "run-2_T1w"], times)[0] == {"t1": "run-2_T1w"}
    assert chosen(["run-1_T1w", "run-2_T1w", "ce-gd_T1w"])[1] == ["several_images"]


def test_one_after_the_one_with_medium_shows_it_too(chosen):
    times = {
        f"{ANAT}{suffix}.json": {"AcquisitionTime": time}
        for suffix, time in (("ce-gd_T1w", "10:00:00"), ("T1w", "10:05:00"))
    }
    assert chosen(["ce-gd_T1w", "T1w"], times) == ({"t1c": "ce-gd_T1w"}, ["t1_after_contrast_medium"])


def test_of_equal_ones_the_better(chosen):
    suffixes = ["acq-2D_FLAIR", "acq-3D_FLAIR", "ce-gd_acq-3D_FLAIR", "T2w", "rec-norm_T2w", "T1w", "rec-defaced_T1w"]
    taken, rules = chosen([*suffixes, "ce-gd_run-1_T1w", "ce-gd_run-2_T1w", "UNIT1"])
    assert taken == {"t1": "T1w", "t1c": "ce-gd_run-2_T1w", "t2": "rec-norm_T2w", "flair": "acq-3D_FLAIR"}
    assert rules == ["several_images"]


def test_the_finer_voxels_by_the_headers(chosen, make_tree):
    folder = make_tree([])
    (folder / "sub-01/anat").mkdir(parents=True)
    for name, edges in (("run-1_T2w", (1.0, 1.0, 1.2)), ("run-2_T2w", (0.5, 0.5, 5.0))):
        header = struct.pack("<i", 348) + bytes(76) + struct.pack("<3f", *edges)
        (folder / f"{ANAT}{name}.nii.gz").write_bytes(gzip.compress(header))
    assert chosen(["run-1_T2w", "run-2_T2w"]) == ({"t2": "run-1_T2w"}, ["several_images"])


def test_the_image_that_mp2rage_computes_is_t1_where_there_is_no_other(chosen):
    assert chosen(["inv-1_part-mag_MP2RAGE", "UNIT1"]) == ({"t1": "UNIT1"}, [])
    assert chosen(["T1w", "UNIT1"]) == ({"t1": "T1w"}, [])
