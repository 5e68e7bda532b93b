import csv

import numpy as np
import pandas as pd
import pytest

from gliomanet.audit.context import ReferenceTable
from gliomanet.audit.rules.reference_table import find_shift, reference_table_disagrees
from gliomanet.cohort.importers.feature_tables import read_feature_center
from tests.audit.cohorts import good_cases, good_context

IDS = [f"c{n:03d}" for n in range(60)]
RANDOM = np.random.default_rng(3)
IDH = dict(zip(IDS, RANDOM.choice(["wildtype", "mutant"], 60, p=[0.7, 0.3]), strict=True))
ORDERS = {"the reference table": IDS, "the case table": IDS}


def slid(values, rows, start=0):
    """The cell beside the case at row i ≥ start is that of row i + rows."""
    cells = list(values.values())
    return {
        case: cells[place + rows] if place >= start else cells[place]
        for place, case in enumerate(values)
        if 0 <= (place + rows if place >= start else place) < len(cells)
    }


@pytest.mark.parametrize("rows", [-5, -2, -1, 1, 2, 3, 5])
@pytest.mark.parametrize("start", [0, 15])
def test_a_planted_shift_is_found_with_its_size(rows, start):
    shift = find_shift(IDH, slid(IDH, rows, start), {"the reference table": IDS})
    assert (shift.rows, shift.agreeing, shift.compared) == (rows, shift.compared, shift.compared)
    # from the first row that differs, which may come a little later than the first that moved
    assert start <= IDS.index(shift.first) <= start + 8


def test_a_shift_of_our_own_table_is_found_along_its_own_order():
    reverse = IDS[::-1]
    ours = slid(dict(zip(reverse, (IDH[case] for case in reverse), strict=True)), 1)
    shuffled = list(RANDOM.permutation(IDS))
    shift = find_shift(ours, IDH, {"the reference table": shuffled, "the case table": reverse})
    assert (shift.rows, shift.table) == (1, "the case table")


@pytest.mark.parametrize("seed", range(30))
def test_labels_dealt_at_random_are_no_shift(seed):
    dealt = dict(zip(IDS, np.random.default_rng(seed).permutation(list(IDH.values())), strict=True))
    assert find_shift(IDH, dealt, ORDERS) is None


@pytest.mark.parametrize("changed", [1, 4, 8])
def test_single_errors_are_no_shift(changed):
    flip = {"wildtype": "mutant", "mutant": "wildtype"}
    wrong = {
        case: flip[value] if place * 7 % 60 < changed else value for place, (case, value) in enumerate(IDH.items())
    }
    assert find_shift(IDH, wrong, ORDERS) is None


def test_one_rare_label_in_another_row_is_no_shift():
    rare = {case: "mutant" if case == "c010" else "wildtype" for case in IDS}
    assert find_shift(rare, slid(rare, 1), ORDERS) is None


# ------------------------------------------------------------------------------------------------ tables


@pytest.fixture
def second(tmp_path):
    """Findings on centre A of the good cohort beside a reference table of 60 of its cases."""

    def run(change, **renamed):
        cases = good_cases(60)
        cases.loc[:, "tumour_volume_ml"] = np.arange(len(cases)) * 3.5 % 120
        table = cases.loc[cases["center"] == "A", ["case_id", "idh", "grade", "age", "tumour_volume_ml"]]
        table = change(table.copy().reset_index(drop=True)).rename(columns=renamed)
        table.to_csv(tmp_path / "second.csv", index=False)
        order = tuple(cases.loc[cases["center"] == "A", "case_id"])
        context = good_context(cases=cases, reference_tables={"A": ReferenceTable(tmp_path / "second.csv", order)})
        return list(reference_table_disagrees(context))

    return run


def changed(column, rows, value):
    def change(table):
        table.loc[list(rows), column] = value
        return table

    return change


def test_equal_tables_say_nothing(second):
    assert second(lambda table: table) == []
    assert second(lambda table: table[::-1]) == []
    assert second(lambda table: table[:20], case_id="Patient ID", idh="IDH status", age="Age at MRI") == []
    assert second(lambda table: table.assign(age=table["age"] + 0.9)) == []  # whole years and birthdays


@pytest.mark.parametrize("column", ["idh", "grade"])
@pytest.mark.parametrize("rows", [1, -1])
def test_a_label_that_slid_while_the_volumes_stand(second, column, rows):
    (finding,) = second(lambda table: table.assign(**{column: np.roll(table[column], rows)}))
    assert (finding.rule, finding.severity, finding.center) == ("labels_shifted_by_a_row", "error", "A")
    assert f"{-rows:+d} from case" in finding.found
    assert "59 of 59 agree" in finding.found or "58 of 58 agree" in finding.found or "57 of 57" in finding.found
    assert "tumour_volume_ml of 60 of 60 agree unmoved" in finding.found
    assert finding.action.startswith("one of the two columns slid")


def test_ids_that_slid_against_everything(second):
    findings = second(lambda table: table.assign(case_id=np.roll(table["case_id"], 1)))
    assert {finding.rule for finding in findings} == {"labels_shifted_by_a_row", "numbers_shifted_by_a_row"}
    assert all(finding.action.startswith("the ids of one table slid") for finding in findings)


def test_few_differences_are_a_warning_and_many_an_error(second):
    (few,) = second(changed("idh", [0], "mutant"))
    assert (few.rule, few.severity, few.case_id) == ("labels_differ_from_reference_table", "warning", "A-0001")
    assert few.found.endswith("idh differs for 1 case of 60 (ours, theirs): A-0001 (wildtype, mutant)")
    (many,) = second(changed("idh", range(0, 60, 4), "mutant"))
    assert (many.rule, many.severity) == ("labels_differ_from_reference_table", "error")
    (age,) = second(changed("age", [3], 99))
    assert (age.rule, age.severity) == ("numbers_differ_from_reference_table", "warning")
    assert "A-0004 (51, 99)" in age.found
    (volume,) = second(changed("tumour_volume_ml", [3, 7], 250))
    assert volume.rule == "numbers_differ_from_reference_table"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda table: table.drop(columns="case_id"), "idh, grade, age"),
        (lambda table: table[["case_id"]], "case_id"),
        (lambda table: table.assign(case_id="Z" + table["case_id"]), "ZA-0001"),
        (lambda table: pd.concat([table, table[:1]]), "A-0001"),
        (lambda table: table[:0], ""),
    ],
)
def test_a_reference_table_that_cannot_be_compared_is_an_error(second, change, named):
    findings = second(change)
    assert {(finding.rule, finding.severity) for finding in findings} == {("reference_table_unusable", "error")}
    assert "second.csv" in findings[0].file
    assert named in findings[0].found + findings[0].case_id
    assert findings[0].action


@pytest.mark.parametrize(
    ("column", "message"),
    [("idh", "allowed: wildtype (wildtype, "), ("tumour_volume_ml", "allowed: a number, or empty")],
)
def test_a_spelling_that_is_not_known_is_told_and_the_rest_compared(second, column, message):
    def change(table):
        return changed(column, [1, 2], "queer")(changed("grade", [0], "2")(table.astype(object)))

    spelling, grade = second(change)
    assert (spelling.rule, spelling.severity) == ("reference_table_spelling", "warning")
    assert spelling.found == f"2 cells of {column} could not be read, nor compared: 'queer' (2)"
    assert spelling.action.startswith(message)
    assert grade.rule == "labels_differ_from_reference_table"


# ------------------------------------------------------------------------------------------------ real tables


@pytest.mark.parametrize("rows", [0, 1, -1, 3])
def test_the_real_ucsf_labels_beside_the_feature_tables_copy(shared_data, tmp_path, rows):
    """`IDH_mutant` of the published features against the clinical table: 495 cases agree, and 495 moved by k do not."""
    features, clinical = (
        shared_data / "real-radiomics/UCSF-PDGM.csv",
        shared_data / "clinical/UCSF-PDGM-metadata_v5.csv",
    )
    cases, measured = read_feature_center("A", "train", features, clinical, "ucsf-pdgm")
    with features.open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    ids = [row["PatientID"] for row in found]
    moved = [found[(place + rows) % len(found)]["IDH_mutant"] for place in range(len(found))]
    second = pd.DataFrame({"PatientID": ids, "IDH_mutant": moved})
    volume = "flair_shape_VoxelVolume"
    second[volume] = [row["original_shape_VoxelVolume_FLAIR"] for row in found]
    second.to_csv(tmp_path / "second.csv", index=False)
    context = good_context(
        cases=cases,
        measured=measured[["case_id", volume]].assign(center="A"),
        reference_tables={"A": ReferenceTable(tmp_path / "second.csv", tuple(ids))},
    )
    findings = list(reference_table_disagrees(context))
    if rows == 0:
        assert findings == []
    else:
        (finding,) = findings
        assert (finding.rule, finding.severity) == ("labels_shifted_by_a_row", "error")
        assert f"by {rows:+d} from case" in finding.found
        assert f"{volume} of 495 of 495 agree unmoved" in finding.found


def test_the_real_clinical_table_itself_as_the_second_one(shared_data, tmp_path):
    features, clinical = (
        shared_data / "real-radiomics/UCSF-PDGM.csv",
        shared_data / "clinical/UCSF-PDGM-metadata_v5.csv",
    )
    cases, _ = read_feature_center("A", "train", features, clinical, "ucsf-pdgm")
    order = tuple(cases["case_id"])
    table = pd.read_csv(clinical, dtype=str, keep_default_na=False)
    columns = ["ID", "IDH", "WHO CNS Grade", "Age at MRI"]
    for rows in (0, 1):
        # ids have three digits here and four in the features; six follow-ups have no case
        table.assign(IDH=np.roll(table["IDH"], rows))[columns].to_csv(tmp_path / "second.csv", index=False)
        context = good_context(cases=cases, reference_tables={"A": ReferenceTable(tmp_path / "second.csv", order)})
        findings = list(reference_table_disagrees(context))
        if rows:
            (finding,) = findings
            assert finding.rule == "labels_shifted_by_a_row"
            assert "grade of 495 of 495 and age of 495 of 495 agree unmoved" in finding.found
        else:
            assert findings == []
