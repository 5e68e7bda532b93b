import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.cohort.importers.tree import Pattern, list_files, match_files, read_tree, unknown_files
from gliomanet.errors import CohortError

PATTERNS = (
    Pattern(r"(?P<case>c\d)/t1\.nii(?:\.gz)?", "t1", "t1.nii.gz"),
    Pattern(r"(?P<case>c\d)/t2\.nii\.gz", "t2", "t2.nii.gz"),
    Pattern(r"(?P<case>c\d)/t1_raw\.nii\.gz", "t1", "t1_raw.nii.gz", "raw", "it has a skull"),
    Pattern(r"(?P<case>c\d)/t2_raw\.nii\.gz", "t2", "t2_raw.nii.gz", "raw", "it has a skull"),
    Pattern(r"(?P<case>c\d)/mask\.nii\.gz", "tumour_mask", "mask.nii.gz"),
    Pattern(r"(?P<case>c\d)/auto\.nii\.gz", "tumour_mask", "auto.nii.gz"),
    Pattern(r"(?P<case>c\d)/dwi\.nii\.gz", None, "dwi.nii.gz"),
)


def rules(tree):
    return {finding.rule: finding for finding in tree.findings}


def test_preference_and_what_it_passed_over(make_tree):
    folder = make_tree(["x/y/c1/t1.nii.gz", "x/y/c1/t1_raw.nii.gz", "x/y/c1/mask.nii.gz", "x/y/c1/auto.nii.gz"])
    tree = read_tree(folder, PATTERNS)
    assert tree.files == {"c1": {"t1": folder / "x/y/c1/t1.nii.gz", "tumour_mask": folder / "x/y/c1/mask.nii.gz"}}
    assert sorted(finding.found for finding in tree.findings) == [
        "mask.nii.gz is preferred to auto.nii.gz in case c1",
        "t1.nii.gz is preferred to t1_raw.nii.gz in case c1",
    ]
    assert {finding.severity for finding in tree.findings} == {"note"}


def test_modalities_come_from_one_variant(make_tree):
    folder = make_tree(["c1/t1.nii.gz", "c1/t1_raw.nii.gz", "c1/t2_raw.nii.gz", "c2/t1.nii", "c2/t2_raw.nii.gz"])
    tree = read_tree(folder, PATTERNS)
    assert tree.files["c1"] == {"t1": folder / "c1/t1_raw.nii.gz", "t2": folder / "c1/t2_raw.nii.gz"}
    assert tree.files["c2"] == {"t1": folder / "c2/t1.nii"}, "of equals the first listed, and no mixture"
    second, left = rules(tree)["files_of_second_choice"], rules(tree)["modality_left_out"]
    assert (second.severity, second.case_id, second.action) == ("warning", "c1", "it has a skull")
    assert second.found == "c1/t1_raw.nii.gz, c1/t2_raw.nii.gz had to be taken"
    assert (left.severity, left.case_id) == ("warning", "c2")
    assert not any(finding.rule == "unknown_files" for finding in tree.findings)
    assert left.found == "t2 is there as t2_raw.nii.gz only; left out"
    assert left.action == "the modality counts as missing; add the file in the version of the others"


def test_endings_in_capitals(make_tree):
    tree = read_tree(make_tree(["c1/t1.NII.GZ", "c2/t1.Nii", "c1/T2_X.NII.GZ"]), PATTERNS)
    assert {case: files["t1"].name for case, files in tree.files.items()} == {"c1": "t1.NII.GZ", "c2": "t1.Nii"}
    assert (rules(tree)["unknown_files"].severity, rules(tree)["unknown_files"].file) == ("warning", "c1/T2_X.NII.GZ")


def test_two_files_that_nothing_prefers(make_tree):
    folder = make_tree(["a/c1/t1.nii.gz", "b/c1/t1.nii.gz", "c2/t1.nii", "c2/t1.nii.gz"])
    with pytest.raises(CohortError) as error:
        read_tree(folder, PATTERNS)
    one, two = error.value.problems
    assert (one.file, one.case, one.rule) == (str(folder), "c1", "several_files")
    assert "a/c1/t1.nii.gz, b/c1/t1.nii.gz" in one.found
    assert (two.case, two.found) == ("c2", "2 files are its t1: c2/t1.nii, c2/t1.nii.gz")


def test_what_is_unknown_unused_or_without_modalities(make_tree):
    names = ["c1/t1.nii.gz", "c1/dwi.nii.gz", "c2/mask.nii.gz", "c1/perfusion07.nii.gz", "c2/perfusion12.nii.gz"]
    folder = make_tree([*names, "LICENSE.txt", ".hidden", "__MACOSX/c1/t1.nii.gz", "labels.csv"])
    tree = read_tree(folder, PATTERNS, passed_over=[folder / "labels.csv", None])
    assert list(tree.files) == ["c1"]
    found = {(f.severity, f.rule, f.file, f.found) for f in tree.findings}
    assert found == {
        ("note", "unused_files", "", "known, and not used by this project: dwi.nii.gz (1)"),
        ("note", "unknown_files", "LICENSE.txt", "1 file named like LICENSE.txt: no name of this collection"),
        (
            "warning",
            "unknown_files",
            "c1/perfusion07.nii.gz",
            "2 files named like perfusion#.nii.gz: no name of this collection",
        ),
        ("warning", "no_image", "", "has tumour_mask, but none of t1, t1c, t2, flair"),
    }


def test_thousands_of_unknown_names_stay_a_page():
    findings = unknown_files([f"{letters}{n}.txt" for letters in map("x".__mul__, range(1, 61)) for n in range(50)])
    assert len(findings) == 51
    assert findings[0].found == "50 files named like x#.txt: no name of this collection"
    assert findings[-1].found == "500 files of 10 further kinds of name: no names of this collection"


def test_many_cases_share_a_finding(make_tree):
    folder = make_tree([*(f"c{n}/mask.nii.gz" for n in range(10)), "c0/t1.nii.gz"])
    assert sum(finding.rule == "no_image" for finding in read_tree(folder, PATTERNS).findings) == 9
    many = [Pattern(p.path.replace(r"c\d", r"c\d+"), p.column, p.name) for p in PATTERNS]
    folder = make_tree(f"c{n}/mask.nii.gz" for n in range(10, 40))
    (finding,) = (f for f in read_tree(folder, many).findings if f.rule == "no_image")
    named = ", ".join(sorted(f"c{n}" for n in range(1, 40)))
    assert finding.found == f"39 cases have masks and no modality: {named}"
    assert (finding.case_id, finding.action) == ("", "not in the case table; add images, or remove the masks")


def test_ids_are_harmonised(make_tree):
    folder = make_tree(["c1/t1.nii.gz", "c2/t2.nii.gz"])
    tree = read_tree(folder, PATTERNS, lambda case: "same")
    assert list(tree.files) == ["same"]
    assert set(tree.files["same"]) == {"t1", "t2"}


def test_folders_that_hold_no_exam(make_tree, tmp_path):
    with pytest.raises(CohortError, match="none: no such folder"):
        read_tree(tmp_path / "none", PATTERNS)
    (tmp_path / "file").touch()
    with pytest.raises(CohortError, match="file: a file, not a folder"):
        read_tree(tmp_path / "file", PATTERNS)
    folder = make_tree([])
    with pytest.raises(CohortError, match="no exam in it; looked for t1.nii.gz, t2.nii.gz, t1_raw.*; found no file"):
        read_tree(folder, PATTERNS)
    make_tree(["p1/T1.nii.gz", "p2/T1.nii.gz"])
    with pytest.raises(CohortError, match=r"found T#.nii.gz \(2\)"):
        read_tree(folder, PATTERNS)


def test_linked_folders_are_listed_once(make_tree, tmp_path):
    folder = make_tree(["c1/t1.nii.gz"])
    (tmp_path / "elsewhere" / "c2").mkdir(parents=True)
    (tmp_path / "elsewhere" / "c2" / "t1.nii.gz").touch()
    (folder / "c2").symlink_to(tmp_path / "elsewhere" / "c2")
    (folder / "c1" / "loop").symlink_to(folder)
    (folder / "c3").symlink_to(folder / "c1")
    assert list_files(folder) == ["c1/t1.nii.gz", "c2/t1.nii.gz"]


def test_a_pattern_starts_where_a_part_of_the_path_does():
    matches, unknown = match_files(["xc1/t1.nii.gz", "c1/t1.nii.gz.part", "a/c1/t1.nii.gz"], PATTERNS)
    assert [match.path for match in matches] == ["a/c1/t1.nii.gz"]
    assert unknown == ["xc1/t1.nii.gz", "c1/t1.nii.gz.part"]


@given(st.lists(st.from_regex(r"\A(c[0-9]|x)/(t1|t2|mask|dwi|other[0-9]{0,3})\.nii\.gz\Z"), unique=True))
def test_every_file_is_used_or_named_by_a_finding(paths):
    matches, unknown = match_files(paths, PATTERNS)
    assert sorted([*(match.path for match in matches), *unknown]) == sorted(paths)
    named = sum(int(finding.found.split()[0]) for finding in unknown_files(unknown))
    assert named == len(unknown)
