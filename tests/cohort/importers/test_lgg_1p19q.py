import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.errors import CohortError

HEADER = "Filename,1p/19q,Grade,Type\n"


def patient(number, names=("T1", "T2", "Segmentation"), sign="_"):
    return [f"NiFTiSegmentationsEdited/LGG-{number}/LGG-{number}{sign}{name}.nii.gz" for name in names]


def import_lgg(folder, **options):
    cases, findings = import_center("lgg-1p19q", "Mayo", "train", folder, **options)
    return cases, {finding.rule: finding for finding in findings}


def test_layout_and_labels(make_tree):
    folder = make_tree(
        [
            *patient(104),
            *patient(203, sign="-"),
            "plain/LGG-210/T1.nii.gz",
            "plain/LGG-210/T2.nii",
            "plain/LGG-210/mask.nii.gz",
            "LGG-311/LGG-311_T1post.nii.gz",
            "LGG-311/LGG-311_ADC.nii.gz",
        ]
    )
    (folder / "TCIA_LGG_cases_159.csv").write_text(
        HEADER + "LGG-104,d/d,2,Oligoastrocytoma\nLGG-203,n/n,3,Astrocytoma\nLGG-210,n/n,2,\nLGG-999,d/d,2,\n"
    )
    cases, findings = import_lgg(folder)
    assert cases["case_id"].tolist() == ["LGG-104", "LGG-203", "LGG-210", "LGG-311"]
    assert cases["codel_1p19q"].tolist() == ["codeleted", "intact", "intact", ""]
    assert cases["codel_1p19q_raw"].tolist() == ["d/d", "n/n", "n/n", ""]
    assert cases["grade"].tolist() == ["2", "3", "2", ""]
    assert cases["grade_edition"].tolist() == [""] * 4
    assert cases["diagnosis"].tolist()[0] == "Oligoastrocytoma"
    assert cases.loc[0, ["t1", "flair", "brain_mask"]].tolist() == ["", "", ""]
    assert cases.loc[0, ["t1c", "t2", "tumour_mask"]].tolist() == [str(folder / path) for path in patient(104)]
    assert cases.loc[1, "t2"].endswith("LGG-203-T2.nii.gz")
    assert [cases.loc[2, column].rpartition("/")[2] for column in ("t1c", "t2", "tumour_mask")] == [
        "T1.nii.gz",
        "T2.nii",
        "mask.nii.gz",
    ]
    assert cases.loc[3, "t1c"].endswith("LGG-311_T1post.nii.gz")
    assert findings["no_row"].case_id == "LGG-311"
    assert findings["no_image"].case_id == "LGG-999"
    assert "LGG-#_ADC.nii.gz" in findings["unknown_files"].found
    assert "image_and_mask_swapped" not in findings


@pytest.mark.parametrize("swapped", [True, False])
def test_the_patient_whose_image_and_mask_are_swapped(make_tree, swapped):
    folder = make_tree([*patient(223), *patient(224)])
    for number in (223, 224):
        _, image, mask = (folder / path for path in patient(number))
        image.write_bytes(b"0" * (10 if number == 223 and swapped else 1000))
        mask.write_bytes(b"0" * (1000 if number == 223 and swapped else 10))
    cases, findings = import_lgg(folder)
    finding = findings["image_and_mask_swapped"]
    assert finding.case_id == "LGG-223"
    names = [cases.loc[row, column].rpartition("_")[2] for row in (0, 1) for column in ("t1c", "t2", "tumour_mask")]
    straight = ["T1.nii.gz", "T2.nii.gz", "Segmentation.nii.gz"]
    if swapped:
        assert finding.severity == "warning"
        assert (
            finding.found
            == "T2 and mask bear each other's name in this release: LGG-223_Segmentation.nii.gz is taken as T2, LGG-223_T2.nii.gz as the mask"
        )
        assert names == ["T1.nii.gz", "Segmentation.nii.gz", "T2.nii.gz", *straight]
    else:
        assert finding.severity == "note"
        assert names == straight * 2


@pytest.mark.parametrize(
    ("table", "rule", "column", "found"),
    [
        ("Filename,Foo\nLGG-104,1\n", "column_missing", "", "no column for codel_1p19q; found: Filename, Foo"),
        ("Foo,1p/19q\nLGG-104,d/d\n", "column_missing", "", "no column for id; found: Foo, 1p/19q"),
        ("Filename,1p/19q\nLGG-104,d/n\n", "unknown_spelling", "1p/19q", "'d/n'"),
        ("Filename,1p/19q\nGBM-1,d/d\n", "no_id", "Filename", "'GBM-1'"),
    ],
)
def test_tables_that_cannot_be_read(make_tree, table, rule, column, found):
    folder = make_tree(patient(104))
    (folder / "t.csv").write_text(table)
    with pytest.raises(CohortError) as error:
        import_lgg(folder, clinical=folder / "t.csv")
    (problem,) = error.value.problems
    assert (problem.rule, problem.column) == (rule, column)
    assert found in problem.found


def test_what_ends_an_import(make_tree):
    folder = make_tree(["LGG-1/x.nii.gz"])
    with pytest.raises(CohortError, match=r"no exam in it; looked for LGG-###…T1.nii.gz"):
        import_lgg(folder)
    with pytest.raises(CohortError, match="LGG-1p19qDeletion has no mapping table"):
        import_lgg(folder, mapping=folder)
    make_tree(["LGG-1/LGG-1_T2.nii.gz", "LGG-1/LGG-1_T2.nii"])
    with pytest.raises(CohortError, match="case 'LGG-1': 2 files are its t2: .*; keep one"):
        import_lgg(folder)
