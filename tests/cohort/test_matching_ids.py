"""Ids that match but for how they are written, and ids that must not be taken for one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.cohort.matching_ids import match_ids


@pytest.mark.parametrize(
    ("images", "rows", "step"),
    [
        (["sub-01", "sub-02"], ["SUB-01", "Sub-02"], "letter case"),
        (["sub-01", "sub-02"], ["01", "02"], "prefix"),
        (["01", "02"], ["patient_01", "Patient 02"], "prefix"),
        (["sub-01", "sub-02"], ["sub-sub-01", "case_02"], "prefix"),
        (["LGG-104", "LGG-105"], ["LGG-104.nii.gz", "LGG-105.nii.gz"], "prefix"),
        (["UCSF-PDGM-0004_nifti"], ["UCSF-PDGM-0004"], "prefix"),
        (["sub-SITEA012", "sub-SITEA013"], ["SITEA-012", "sitea_013"], "separators"),
        (["A_1_11"], ["A-1-11"], "zeros"),
        (["sub-1", "sub-2"], ["sub-01", "sub-02"], "zeros"),
        (["sub-01", "sub-02"], ["1", "2"], "zeros"),
        (["UCSF-PDGM-0004"], ["UCSF-PDGM-004"], "zeros"),
        (["sub-0"], ["sub-00"], "zeros"),
        (["UCSF-PDGM-0004", "UCSF-PDGM-0010"], ["4", "10"], "number"),
        (["sub-01", "sub-02"], ["P001", "P002"], "number"),
    ],
)
def test_joined_by_one_step(images, rows, step):
    match = match_ids(images, rows)
    assert match.row_of == dict(zip(images, rows, strict=True))
    assert list(match.how) == [step]
    assert match.several == {}
    (finding,) = match.findings("table.tsv")
    assert finding.severity == ("warning" if step == "number" else "note")
    assert f"{rows[0]} with {images[0]}" in finding.found


@pytest.mark.parametrize(
    ("images", "rows"),
    [
        (["A1-11"], ["A11-1"]),
        (["P1-1", "P2-1"], ["P11", "P21"]),
        (["2019-1"], ["20191"]),
        (["TCGA-02-0006"], ["TCGA-020006"]),
        (["BT001", "BT002"], ["UCSF001", "UCSF002"]),
        (["BT001", "EGD-002"], ["1", "2"]),
        (["UPENN-GBM-00001_11"], ["UPENN-GBM-00001_21"]),
        (["UCSF-PDGM-0429_FU003d"], ["UCSF-PDGM-0429"]),
        (["TCGA-02-0006"], ["TCGA-20-0006"]),
        (["sub-01"], ["sub-10"]),
        (["sub-1a"], ["sub-1b"]),
    ],
)
def test_others_stay_apart(images, rows):
    match = match_ids(images, rows)
    assert (match.row_of, match.several, match.findings("t")) == ({}, {}, ())


@pytest.mark.parametrize(
    ("images", "rows", "joined", "several"),
    [
        (["sub-001"], ["1", "01"], {}, {"sub-001": ["1", "01"]}),
        (["sub-1", "sub-001"], ["01"], {}, {"01": ["sub-1", "sub-001"]}),
        (["sub-01"], ["SUB-01", "Sub-01"], {}, {"sub-01": ["SUB-01", "Sub-01"]}),
        # Equal ids belong together, whatever else looks like them.
        (["sub-01"], ["sub-01", "SUB-1"], {"sub-01": "sub-01"}, {"SUB-1": ["sub-01"]}),
        (["sub-01", "sub-1"], ["sub-01"], {"sub-01": "sub-01"}, {"sub-1": ["sub-01"]}),
        (["sub-1", "sub-01"], ["1", "01"], {"sub-1": "1", "sub-01": "01"}, {}),
        # Two that fit, and none is equal.
        (["sub-0", "sub-00"], ["0"], {}, {"sub-00": ["0"]}),
        (["sub-01"], ["SUB-01", "1"], {}, {"1": ["sub-01"]}),
        # A row that fits two is not left for a third.
        (
            ["sub-A1", "sub-a1", "sub-01"],
            ["SUB-A1", "1"],
            {"sub-01": "1"},
            {"SUB-A1": ["sub-A1", "sub-a1"]},
        ),
    ],
)
def test_several_that_fit_are_named_and_not_joined(images, rows, joined, several):
    match = match_ids(images, rows)
    assert (match.row_of, match.several) == (joined, several)
    named = [one for one in match.findings("table.tsv") if one.rule == "ids_ambiguous"]
    assert {one.case_id for one in named} == set(several)
    assert {one.severity for one in named} <= {"warning"}


IDS = st.lists(st.from_regex(r"(sub-|SUB-|P)?0{0,2}[1-9]{1,2}(_A)?", fullmatch=True), unique=True, max_size=6)


@given(IDS, IDS)
def test_equal_ids_are_always_joined_and_no_row_serves_two_images(images, rows):
    match = match_ids(images, rows)
    assert all(match.row_of[one] == one for one in set(images) & set(rows))
    assert len(set(match.row_of.values())) == len(match.row_of)
    assert set(match.row_of) <= set(images)
    assert set(match.row_of.values()) <= set(rows)
    assert not set(match.row_of) & set(match.several)
