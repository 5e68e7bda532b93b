from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from gliomanet.audit.tables import audit_cases, audit_study, check_study
from gliomanet.cohort.read_center import case_ids, read_center
from gliomanet.config.load import load_study
from gliomanet.errors import CohortError

HEADER = "case_id\tpatient_id\tt1\tidh\n"


def study_of(folder: Path, tables: dict[str, str], roles: dict[str, str] | None = None):
    centers = {}
    for name, text in tables.items():
        (folder / f"{name}.tsv").write_text(text)
        source = {"kind": "table", "path": str(folder / f"{name}.tsv")}
        centers[name] = {"role": (roles or {}).get(name, "train"), "source": source}
    return load_study({"centers": centers, "models": {"m": {"kind": "logistic"}}})


def rules_of(study):
    """Key and rule of each problem that ends a study."""
    with pytest.raises(CohortError) as caught:
        check_study(study)
    return [(problem.key, problem.rule) for problem in caught.value.problems]


@pytest.fixture
def image(tmp_path):
    """A new, empty file's name each time it is written into a text."""

    class Names:
        number = 0

        def __str__(self):
            self.number += 1
            (tmp_path / f"x{self.number}.nii.gz").touch()
            return f"x{self.number}.nii.gz"

    return Names()


def test_a_sound_study_passes_and_phantoms_are_passed_over(tmp_path, image):
    study = study_of(tmp_path, {"A": f"case_id\tt1\tidh\n007\t{image}\t0\n", "B": f"case_id\tt1\tidh\nb\t{image}\t1\n"})
    check_study(study)
    assert case_ids("A", study) == ["007"]
    phantom = {"P": {"role": "train", "source": {"kind": "phantom", "cases": 3}}}
    phantoms = load_study({"centers": phantom, "models": {"m": {"kind": "logistic"}}})
    check_study(phantoms)
    assert case_ids("P", phantoms) == ["P-001", "P-002", "P-003"]


def test_the_problems_of_all_centres_come_at_once(tmp_path, image):
    tables = {
        "A": f"case_id\tt1\ttumour_mask\tidh\nX-001\t{image}\tgone.nii.gz\t0\n",
        "B": f"case_id\tt1\tidh\nx-01_nifti\t{image}\t1\n",
        "C": f"case_id\tt1\tidh\nc\t{image}\tqueer\n",
        "D": f"case_id\tt1\tidh\nd\t{image}\tNA\n",
    }
    study = study_of(tmp_path, tables)
    (tmp_path / "C.tsv").write_text(tables["C"])
    broken = study.model_copy(update={"centers": {**study.centers}})
    with pytest.raises(CohortError) as error:
        check_study(broken)
    told = {(problem.key, problem.rule): problem.found for problem in error.value.problems}
    assert told.keys() == {
        ("centers.A", "file_missing"),
        ("centers.B", "patient_in_two_centers"),
        ("centers.C", "table_unreadable"),
        ("centers.D", "no_label_in_a_training_center"),
    }
    assert str(tmp_path / "gone.nii.gz") in told["centers.A", "file_missing"]
    assert "'x-01_nifti'" in told["centers.B", "patient_in_two_centers"]
    assert "'queer'" in told["centers.C", "table_unreadable"]
    severities = {(f.rule, f.center): f.severity for f in audit_study(broken)}
    assert severities["file_missing", "A"] == "error"
    assert severities["patient_in_two_centers", "B"] == "error"
    assert severities["table_unreadable", "C"] == "fatal"
    assert severities["no_label_in_a_training_center", "D"] == "error"


def test_a_missing_table_and_follow_ups_under_ids_of_their_own(tmp_path, image):
    rows = f"UCSF-PDGM-0429\t{image}\t0\nUCSF-PDGM-0429_FU003d\t{image}\t0\n"
    study = study_of(tmp_path, {"A": "", "B": "case_id\tt1\tidh\n" + rows})
    (tmp_path / "A.tsv").unlink()
    with pytest.raises(CohortError) as error:
        check_study(study)
    told = {(problem.key, problem.rule) for problem in error.value.problems}
    assert told == {("centers.A", "table_unreadable"), ("centers.B", "patient_under_two_ids")}
    with pytest.raises(CohortError, match="A.tsv"):
        case_ids("A", study)


def test_one_case_id_in_two_centres(tmp_path, image):
    study = study_of(tmp_path, {"A": f"{HEADER}1\tA1\t{image}\t0\n", "B": f"{HEADER}1\tB1\t{image}\t0\n"})
    assert rules_of(study) == [("centers.B", "case_id_in_two_centers")]


def test_a_table_uses_the_id_of_a_phantom(tmp_path, image):
    study = study_of(tmp_path, {"A": f"case_id\tt1\tidh\nP-001\t{image}\t0\n"})
    phantom = {"role": "external", "source": {"kind": "phantom", "cases": 2}}
    centers = {"A": study.centers["A"].model_dump(), "P": phantom}
    clashing = load_study({**study.model_dump(mode="json"), "centers": centers})
    assert rules_of(clashing) == [("centers.P", "case_id_in_two_centers")]


def test_an_external_or_unlabelled_centre_needs_no_label(tmp_path, image):
    tables = {
        "A": f"case_id\tt1\tidh\na\t{image}\t0\n",
        "B": f"case_id\tt1\nb\t{image}\n",
        "C": f"case_id\tt1\nc\t{image}\n",
    }
    check_study(study_of(tmp_path, tables, {"B": "external", "C": "unlabelled"}))


def test_teaching_and_testing_on_one_patient_is_fatal(tmp_path, image):
    tables = {"A": f"{HEADER}a\tP-1\t{image}\t0\n", "B": f"{HEADER}b\tp-01\t{image}\t1\n"}
    (finding,) = [f for f in audit_study(study_of(tmp_path, tables, {"B": "external"})) if f.severity == "fatal"]
    assert (finding.rule, finding.center, finding.case_id) == ("patient_in_two_centers", "B", "b")


def with_keys(study, centers=None, **keys):
    values = study.model_dump(mode="json")
    for name, changes in (centers or {}).items():
        values["centers"][name].update(changes)
    return load_study({**values, **keys})


def test_a_person_resolves_a_duplicate_by_excluding_one_of_the_two(tmp_path, image):
    tables = {"A": f"{HEADER}a\tP-1\t{image}\t0\n", "B": f"{HEADER}b\tp-01\t{image}\t1\nc\tC\t{image}\t0\n"}
    study = study_of(tmp_path, tables, {"B": "external"})
    decisions = tmp_path / "decisions.tsv"
    decided = with_keys(study, quality={"decisions": str(decisions)})
    decisions.write_text("center\tcase_id\tdecision\treason\nB\tb\tkeep\t\n")
    assert rules_of(decided) == [("centers.B", "patient_in_two_centers")]
    decisions.write_text("center\tcase_id\tdecision\treason\nB\tb\texclude\tis P-1 of A\n")
    check_study(decided)
    (tmp_path / "x2.nii.gz").unlink()  # a job would still ask for it
    assert rules_of(decided) == [("centers.B", "file_missing")]


def test_wrong_decisions_are_among_the_problems(tmp_path, image):
    study = study_of(tmp_path, {"A": f"{HEADER}a\tP-1\t{image}\t0\n"})
    decisions = tmp_path / "decisions.tsv"
    decided = with_keys(study, quality={"decisions": str(decisions)})
    decisions.write_text("center\tcase_id\tdecision\nA\tb\tdrop\n")
    assert rules_of(decided) == [("centers.A", "decisions_unusable")] * 2
    decisions.unlink()
    assert rules_of(decided) == [("", "decisions_unusable")]


def test_mapping_and_reference_tables_that_cannot_be_read_stop_the_study(tmp_path, image):
    study = study_of(tmp_path, {"A": f"{HEADER}a\tP-1\t{image}\t0\n"})
    gone = str(tmp_path / "gone.tsv")
    told = rules_of(with_keys(study, {"A": {"reference_table": gone}}, identities=[gone]))
    assert sorted(told) == [("", "mapping_table_unusable"), ("centers.A", "reference_table_unusable")]


def test_a_reference_table_that_slid_by_a_row_stops_the_study(tmp_path, image):
    idh = "0110100110010110100101100110100101"
    rows = [f"c{n:02d}\tP{n:02d}\t{image}\t{value}" for n, value in enumerate(idh)]
    study = study_of(tmp_path, {"A": HEADER + "\n".join(rows) + "\n"})
    second = tmp_path / "second.csv"
    checked = with_keys(study, {"A": {"reference_table": str(second)}})
    second.write_text("case_id,idh\n" + "\n".join(f"c{n:02d},{v}" for n, v in enumerate(idh)))
    check_study(checked)
    second.write_text("case_id,idh\n" + "\n".join(f"c{n:02d},{v}" for n, v in enumerate(idh[1:] + idh[:1])))
    with pytest.raises(CohortError) as caught:
        check_study(checked)
    (problem,) = caught.value.problems
    assert (problem.key, problem.rule) == ("centers.A", "labels_shifted_by_a_row")
    assert "33 of 33" in problem.found
    check_study(with_keys(checked, shuffle_labels=1))  # dealt anew on purpose


def test_labels_that_slid_while_the_measured_volumes_stand(tmp_path, image):
    idh = "0110100110010110100101100110100101"
    names = [f"c{n:02d}" for n in range(len(idh))]
    rows = [f"{case}\tP{case}\t{image}\t{value}" for case, value in zip(names, idh, strict=True)]
    study = study_of(tmp_path, {"A": HEADER + "\n".join(rows) + "\n"})
    second = tmp_path / "second.csv"
    checked = with_keys(study, {"A": {"reference_table": str(second)}})
    cases, _ = read_center("A", checked)
    measured = pd.DataFrame({"center": "A", "case_id": names, "tumour_volume_ml": [7.5 * n for n in range(len(idh))]})
    measured.loc[3, "tumour_volume_ml"] = float("nan")  # no mask

    def findings(labels, volume=lambda n: 7.5 * n):
        lines = [f"{case},{label},{volume(n):g}" for n, (case, label) in enumerate(zip(names, labels, strict=True))]
        second.write_text("case_id,idh,tumour_volume_ml\n" + "\n".join(lines))
        found = audit_cases(checked, cases, excluded={("A", "c05")}, measured=measured)
        return [one for one in found if one.file.startswith(str(second))]

    assert findings(idh) == []
    (slid,) = findings(idh[1:] + idh[:1])
    assert (slid.rule, slid.severity) == ("labels_shifted_by_a_row", "error")
    assert "tumour_volume_ml of 32 of 32 agree unmoved" in slid.found
    (other,) = findings(idh, lambda n: 7.5 * n + 100 * (n == 8))
    assert (other.rule, other.case_id) == ("numbers_differ_from_reference_table", "c08")


def test_a_sentence_with_semicolons_is_no_action(tmp_path, image):
    """A follow-up and a post-operative scan in one table: the note and the error name each kind of scan."""
    text = f"case_id\tt1\tscan\nb\t{image}\tfollow_up\na\t{image}\tpost_operative\n"
    (finding,) = [one for one in audit_study(study_of(tmp_path, {"A": text})) if one.severity == "fatal"]
    assert (finding.rule, finding.center) == ("table_unreadable", "A")
    assert "post_operative: a" in finding.found
    assert finding.action == "name their kind in centers.A.scans to use them"


def test_what_readers_remark_of_every_table_of_a_study_is_found(tmp_path, image):
    def workbook(name, rows):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.active.row_dimensions[2].hidden = True
        book.save(tmp_path / name)
        return str(tmp_path / name)

    cases = [["case_id", "patient_id", "t1", "idh"], ["a", "P-1", str(image), "0"], ["b", "P-2", str(image), "1"]]
    center = {"role": "train", "source": {"kind": "table", "path": workbook("ward.xlsx", cases)}}
    center["reference_table"] = workbook("reference.xlsx", [["case_id", "idh"], ["a", "0"], ["b", "1"]])
    pairs = [["one", "two"], *([f"X-{n}", f"Y-{n}"] for n in range(4))]
    decisions = [["center", "case_id", "decision"], ["A", "a", "keep"]]
    study = load_study(
        {
            "centers": {"A": center},
            "models": {"m": {"kind": "logistic"}},
            "identities": [workbook("pairs.xlsx", pairs)],
            "quality": {"decisions": workbook("decisions.xlsx", decisions)},
        }
    )
    for _ in range(2):  # what is kept in memory is found again
        hidden = [Path(one.file).name for one in audit_study(study) if one.rule == "hidden_cells"]
        assert sorted(hidden) == ["decisions.xlsx", "pairs.xlsx", "reference.xlsx", "ward.xlsx"]
