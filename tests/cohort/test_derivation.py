from hypothesis import given
from hypothesis import strategies as st

from gliomanet.cohort.table import case_frame, derive_1p19q, read_case_table
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.labels.who import contradiction
from gliomanet.tables.io import write_table

STATES = st.lists(st.tuples(*(st.sampled_from(["", *VOCABULARY[label]]) for label in ("idh", "codel_1p19q"))))


def table(states):
    return case_frame(
        {
            "case_id": f"{number:03d}",
            "idh": idh,
            "codel_1p19q": codel,
            "codel_1p19q_source": "measured" if codel else "",
            "codel_1p19q_raw": codel or "unknown",
        }
        for number, (idh, codel) in enumerate(states)
    )


def test_only_unknown_cells_of_wildtype_are_filled():
    cases = table([("wildtype", ""), ("mutant", ""), ("", ""), ("wildtype", "codeleted"), ("wildtype", "intact")])
    derived = derive_1p19q(cases)
    assert derived["codel_1p19q"].tolist() == ["intact", "", "", "codeleted", "intact"]
    assert derived["codel_1p19q_source"].tolist() == ["derived", "", "", "measured", "measured"]
    assert derived["codel_1p19q_raw"].tolist() == ["unknown", "unknown", "unknown", "codeleted", "intact"]
    assert cases["codel_1p19q"].tolist()[0] == "", "the given table stays as it is"


def test_an_empty_cell_stays_empty_when_the_table_is_read_again(tmp_path):
    (tmp_path / "a.tsv").write_text("case_id\tt1\tidh\tcodel_1p19q\na\t/x.nii\twt\t\n")
    derived = derive_1p19q(read_case_table(tmp_path / "a.tsv", "A", "train"))
    assert derived.loc[0, ["codel_1p19q", "codel_1p19q_source", "codel_1p19q_raw"]].tolist() == [
        "intact",
        "derived",
        "",
    ]
    write_table(derived, tmp_path / "b.tsv")
    assert read_case_table(tmp_path / "b.tsv", "A", "train").equals(derived)


@given(STATES)
def test_the_rule_changes_nothing_measured_and_holds_once(states):
    cases = table(states)
    derived = derive_1p19q(cases)
    measured = cases["codel_1p19q"] != ""
    assert derived[measured].equals(cases[measured])
    assert derive_1p19q(derived).equals(derived)
    rest = ["codel_1p19q", "codel_1p19q_source"]
    assert derived.drop(columns=rest).equals(cases.drop(columns=rest))
    for row in derived[derived["codel_1p19q_source"] == "derived"].itertuples():
        assert contradiction(row.idh, row.codel_1p19q, "4") is None
