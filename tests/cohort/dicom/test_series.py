"""The rule table on descriptions and timings as scanners of four makers write them."""

import pytest

from gliomanet.cohort.dicom.series import Series, best_first, judge

SE = {"sequence": ("SE",)}
T1 = {"times": (0.012, 0.55, None), **SE}
MPRAGE = {"times": (0.0029, 2.3, 0.9), "sequence": ("GR", "IR")}
T2 = {"times": (0.1, 5.0, None), **SE}
FLAIR = {"times": (0.12, 9.0, 2.5), "sequence": ("SE", "IR")}
NO_TIMES = {"times": (None, None, None)}


def series(
    description="",
    times=(None, None, None),
    sequence=(),
    agent=False,
    shape=(256, 256, 30),
    voxel=(1.0, 1.0, 5.0),
    number=1,
    volume=False,
    image_type=("ORIGINAL", "PRIMARY"),
):
    echo, repetition, inversion = times
    return Series(number, description, image_type, sequence, echo, repetition, inversion, volume, agent, shape, voxel)


@pytest.mark.parametrize(
    ("facts", "modality"),
    [
        ({"description": "AX T1 SE", **T1}, "t1"),
        ({"description": "AxT1 Post", **T1}, "t1c"),
        ({"description": "T1POST", **T1}, "t1c"),
        ({"description": "AXT1+C", **T1}, "t1c"),
        ({"description": "T1Gd", **T1}, "t1c"),
        ({"description": "sT1W_3D_TFE nach KM", **MPRAGE}, "t1c"),
        ({"description": "t1_mprage_sag ohne KM", **MPRAGE}, "t1"),
        ({"description": "T1 without contrast", **T1}, "t1"),
        ({"description": "t1_mprage_sag_p2_iso_pre", **MPRAGE}, "t1"),
        ({"description": "PRE AX T1", **T1}, "t1"),
        ({"description": "T1 pre contrast", **T1}, "t1"),
        ({"description": "T1 nativ post-RT", **T1}, "t1"),
        ({"description": "T1 noncon", **T1}, "t1"),
        *(
            ({"description": f"T1 SE {words}", **T1}, "t1")
            for words in ("SANS GADO", "senza mdc", "SIN CONTRASTE", "Gd(-)", "CE (-)", "avant injection", "C(-)")
        ),
        *(
            ({"description": f"T1 SE {words}", **T1}, "t1c")
            for words in (
                "AVEC GADO",
                "con mdc",
                "CON CONTRASTE",
                "Gd(+)",
                "C(+)",
                "apres injection",
                "mit Kontrastmittel",
            )
        ),
        # Negations of something else than the medium.
        ({"description": "Ax T1 FSE NON FS POST GD", "agent": True, **T1}, "t1c"),
        ({"description": "T1 SE post KM Non-FatSat", "agent": True, **T1}, "t1c"),
        ({"description": "AX T1 +C without FS", "agent": True, **T1}, "t1c"),
        ({"description": "ohne FS T1 KM", "agent": True, **T1}, "t1c"),
        ({"description": "T1 POST, pre-RT plan", "agent": True, **T1}, "t1c"),
        ({"description": "T1 pre-RT", "agent": True, **T1}, "t1c"),
        ({"description": "t1 mprage non-angled", "agent": True, **MPRAGE}, "t1c"),
        ({"description": "T1 post BRAIN WITH AND WITHOUT MODALITY", **T1}, "t1c"),
        ({"description": "T1 BRAIN W/WO MODALITY", **T1}, "t1"),
        ({"description": "t1_mprage", "agent": True, **MPRAGE}, "t1c"),
        ({"description": "Ax T1 FLAIR", "times": (0.01, 2.2, 0.8), "sequence": ("SE", "IR")}, "t1"),
        ({"description": "Ax BRAVO +C", "times": (0.003, 0.008, 0.45), "sequence": ("GR",)}, "t1c"),
        ({"description": "AX T1 pre-op", "agent": True, **T1}, "t1c"),
        ({"description": "t2_tse_tra_448", **T2}, "t2"),
        ({"description": "T2W_TSE", **T2}, "t2"),
        ({"description": "t2_space_sag_p2", "times": (0.4, 3.2, None), **SE}, "t2"),
        ({"description": "t2_tirm_tra_dark-fluid", **FLAIR}, "flair"),
        ({"description": "T2FLAIR", **FLAIR}, "flair"),
        ({"description": "3D FLAIR", "times": (0.39, 5.0, 1.8), **SE}, "flair"),
        ({"description": "Ax FLAIR", **T2}, "flair"),  # the inversion time is not always written
        ({"description": "brain axial", "times": (0.12, 9.0, None), "sequence": ("SE", "IR")}, "flair"),
        ({"description": "brain axial", **T2}, "t2"),
        ({"description": "brain axial", **T1}, "t1"),
        ({"description": "AX T2", **NO_TIMES}, "t2"),
        ({"description": "flair", **NO_TIMES}, "flair"),
        ({"description": "t1w post", **NO_TIMES}, "t1c"),
        # Not taken, each with its reason below.
        (
            {"description": "T1 without contrast", "agent": True, **T1},
            (
                "the description says before contrast medium (word 'without contrast'), but also after it "
                "(the header names an agent)"
            ),
        ),
        (
            {"description": "AX T1 PRE/POST", **T1},
            "the description says before contrast medium (word 't1 pre'), but also after it (word 'post')",
        ),
        ({"description": "AX T2", **T1}, "the description says t2, the timing (TE 12 ms, TR 550 ms) says t1"),
        ({"description": "T1 axial", **T2}, "the description says t1, the timing (TE 100 ms, TR 5000 ms) says t2"),
        (
            {"description": "brain", **NO_TIMES},
            "neither the description nor the timing (none given) says T1, T2 or FLAIR",
        ),
        (
            {"description": "PD axial", "times": (0.02, 3.0, None), **SE},
            "neither the description nor the timing (TE 20 ms, TR 3000 ms) says T1, T2 or FLAIR",
        ),
        ({"description": "Ax T2*", **T2}, "susceptibility (word 't2 star')"),
        ({"description": "t2 GRE", **NO_TIMES}, "gradient echo of another weighting than T1 (none given)"),
        (
            {"description": "ax t2w ffe", "times": (0.07, 0.8, None), "sequence": ("GR",)},
            "gradient echo of another weighting than T1 (TE 70 ms, TR 800 ms)",
        ),
        ({"description": "STIR T2", **T2}, "another weighting (word 'stir')"),
        ({"description": "T1 SUB", **T1}, "subtraction or map (word 'sub')"),
        ({"description": "SWI mIP", **T2}, "susceptibility (word 'swi')"),
        ({"description": "T2 C-SPINE", **T2}, "another part of the body (word 'spine')"),
        ({"description": "dADC Axial", **T2}, "diffusion (word 'adc')"),
        ({"description": "AX T2", "image_type": ("DERIVED", "SECONDARY", "ADC"), **T2}, "diffusion (image type ADC)"),
        (
            {"description": "AX T2", "times": T2["times"], "sequence": ("EP", "SE")},
            "echo-planar: diffusion, perfusion or function",
        ),
        ({"description": "AX T2", "shape": (64, 64, 20, 60), **T2}, "60 volumes: diffusion, perfusion or function"),
        ({"description": "AX T2", "shape": (64, 64, 5), **T2}, "5 slices; a head needs 12"),
        ({"description": "T2 SPACE IAC slab", "voxel": (1.0, 1.0, 0.5), **T2}, "another part of the body (word 'iac')"),
        (
            {"description": "T2 SPACE", "shape": (256, 256, 80), "voxel": (1.0, 1.0, 0.5), **T2},
            "covers 40 mm of the head; 100 mm along every side are needed",
        ),
    ],
)
def test_rules(facts, modality):
    judgement = judge(series(**facts))
    if modality in ("t1", "t1c", "t2", "flair"):
        assert (judgement.modality, bool(judgement.why)) == (modality, True)
    else:
        assert (judgement.modality, judgement.why) == ("", modality)


def test_words_hold_nothing_but_known_words():
    assert judge(series("Mueller Ada t1 post 1951", **T1)).words == ("t1", "post")


def test_a_later_series_with_medium_does_not_take_the_place_of_the_one_without():
    plain = series("t1 mprage", number=3, **MPRAGE)
    enhanced = series("t1 mprage non-angled", number=9, agent=True, **MPRAGE)
    assert [judge(plain).modality, judge(enhanced).modality] == ["t1", "t1c"]


def test_which_series_comes_first():
    thick = series(number=1)
    later = series(number=4)
    fine = series(number=2, voxel=(1.0, 1.0, 1.0), volume=True)
    stack = series(number=6, voxel=(1.0, 1.0, 1.0))
    reformatted = series(number=5, voxel=(0.5, 0.5, 0.5), image_type=("DERIVED", "SECONDARY", "MPR"))
    ordered = best_first([reformatted, thick, later, stack, fine])
    assert [s.number for s in ordered] == [2, 6, 4, 1, 5]
