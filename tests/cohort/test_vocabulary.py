import re

import pytest

from gliomanet.cohort.vocabulary import SPELLINGS, allowed, harmonise
from gliomanet.labels.spellings import MISSING_SPELLINGS
from gliomanet.labels.vocabulary import VOCABULARY


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        ("idh", "wild type", "wildtype"),
        ("idh", "WT", "wildtype"),
        ("idh", "Wildtype", "wildtype"),
        ("idh", "0", "wildtype"),
        ("idh", "0.0", "wildtype"),
        ("idh", " Mutant ", "mutant"),
        ("idh", "mutated (NOS)", "mutant"),
        ("idh", "IDH1 p.R132H", "mutant"),
        ("idh", "IDH2 p.Arg172Trp", "mutant"),
        ("codel_1p19q", "non co-deleted", "intact"),
        ("codel_1p19q", "n/n", "intact"),
        ("codel_1p19q", "non-codel", "intact"),
        ("codel_1p19q", "co-deletion", "codeleted"),
        ("codel_1p19q", "d/d", "codeleted"),
        ("codel_1p19q", "1.0", "codeleted"),
        ("grade", "G2", "2"),
        ("grade", "grade 2.0", "2"),
        ("grade", "II", "2"),
        ("grade", "WHO  grade IV", "4"),
        ("grade", "3.0", "3"),
        ("sex", "female", "F"),
        ("sex", "M", "M"),
    ],
)
def test_spellings(column, raw, value):
    assert harmonise(column, raw) == value


@pytest.mark.parametrize("column", [*VOCABULARY, "sex"])
@pytest.mark.parametrize("raw", ["", "unknown", "NA", "-1", "-1.0", "NOS/NEC", "Not Available", "Indeterminate"])
def test_missing_spellings_are_empty(column, raw):
    assert harmonise(column, raw) == ""


def test_every_value_is_in_the_vocabulary_and_no_spelling_is_also_missing():
    for label, values in VOCABULARY.items():
        assert set(SPELLINGS[label].values()) == set(values)
    assert not any(set(spellings) & MISSING_SPELLINGS for spellings in SPELLINGS.values())


@pytest.mark.parametrize(
    ("column", "raw"), [("idh", "maybe"), ("grade", "1"), ("grade", "HGG"), ("codel_1p19q", "relative co-deletion")]
)
def test_an_unknown_spelling_names_the_allowed_ones(column, raw):
    with pytest.raises(
        ValueError, match=f"'{raw}' is no known spelling; allowed: {next(iter(SPELLINGS[column].values()))}"
    ):
        harmonise(column, raw)


MGMT = {**VOCABULARY, "mgmt": ("unmethylated", "methylated"), "codes": ("0", "1", "Low grade")}


@pytest.mark.parametrize(
    ("column", "raw", "value"),
    [
        *(("mgmt", raw, "methylated") for raw in ("Methylated", "METHYLATED", "positive", "1", "1.0", " methylated ")),
        *(
            ("mgmt", raw, "unmethylated")
            for raw in ("Unmethylated", "negative", "0", "not methylated", "Non-methylated")
        ),
        *(("mgmt", raw, "") for raw in ("Indeterminate", "unknown", "NA", "Not Available", "-1", "")),
        *(("codes", raw, value) for raw, value in (("1.0", "1"), ("0", "0"), ("LOW GRADE", "Low grade"), ("n/a", ""))),
        ("idh", "wt", "wildtype"),
    ],
)
def test_further_labels_are_read_without_regard_to_case(column, raw, value):
    assert harmonise(column, raw, MGMT) == value


def test_an_unknown_spelling_of_a_further_label_names_the_allowed_ones():
    message = re.escape(
        "'maybe' is no known spelling; allowed: unmethylated (unmethylated, un-methylated, non-methylated, "
    )
    with pytest.raises(ValueError, match=message):
        harmonise("mgmt", "maybe", MGMT)
    message = re.escape("'2' is no known spelling; allowed: 0 (0); 1 (1); Low grade (low grade); unknown (empty,")
    with pytest.raises(ValueError, match=message):
        harmonise("codes", "2", MGMT)


def test_what_collections_call_a_value_is_read_where_the_study_has_that_value_only():
    own = {**VOCABULARY, "mgmt": ("low", "high")}
    assert harmonise("mgmt", "HIGH", own) == "high"
    with pytest.raises(
        ValueError, match=re.escape("'positive' is no known spelling; allowed: low (low); high (high);")
    ):
        harmonise("mgmt", "positive", own)


@pytest.mark.parametrize("label", ["mgmt", "MGMT", "Mgmt"])
def test_a_further_labels_spellings_are_found_in_whatever_case_it_is_named(label):
    vocabulary = {**VOCABULARY, label: ("unmethylated", "methylated")}
    assert [harmonise(label, raw, vocabulary) for raw in ("positive", "Un-methylated", "0", "indeterminate")] == [
        "methylated",
        "unmethylated",
        "unmethylated",
        "",
    ]
    assert "methylated (methylated, positive, 1)" in allowed(label, vocabulary)
