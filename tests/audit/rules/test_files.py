from gliomanet.audit.rules.files import file_missing, file_used_twice
from tests.audit.cohorts import good_cases, good_context, put


def test_a_file_is_one_through_links_too(tmp_path):
    image, link, hard = tmp_path / "t1.nii.gz", tmp_path / "link.nii.gz", tmp_path / "hard.nii.gz"
    image.touch()
    link.symlink_to(image)
    hard.hardlink_to(image)
    cases = put(put(good_cases(), "A-0001", t1=str(image), t2=str(link)), "B-0001", t1=str(hard))
    same_case, two_cases = file_used_twice(good_context(cases=cases))
    assert same_case.found.startswith("case 'A-0001': t1 and t2 are the same file")
    assert two_cases.found.startswith("case 'B-0001': t1 is also t1 of case 'A-0001' of centre A")
    assert (same_case.severity, two_cases.severity) == ("error", "error")
    assert list(file_missing(good_context(cases=cases))) == []


def test_a_folder_is_no_file(tmp_path):
    (finding,) = file_missing(good_context(cases=put(good_cases(), "A-0001", t1=str(tmp_path))))
    assert finding.found == f"case 'A-0001': t1 {str(tmp_path)!r} is not there"


def test_one_brain_mask_may_serve_all_cases_of_an_atlas(tmp_path):
    mask = tmp_path / "brain.nii.gz"
    mask.touch()
    cases = put(put(good_cases(), "A-0001", brain_mask=str(mask)), "A-0002", brain_mask=str(mask))
    (note,) = file_used_twice(good_context(cases=cases))
    assert (note.rule, note.severity) == ("brain_mask_shared", "note")
    cases = put(cases, "A-0002", tumour_mask=str(mask))
    assert {f.severity for f in file_used_twice(good_context(cases=cases))} == {"error"}


def test_a_path_that_no_system_can_open_is_no_file(tmp_path):
    for path in (str(tmp_path / ("x" * 300)), "a\0b"):
        (finding,) = file_missing(good_context(cases=put(good_cases(), "A-0001", t1=path)))
        assert finding.rule == "file_missing"
