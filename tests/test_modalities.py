import pytest

from gliomanet.modalities import MODALITIES, modalities_of, modality_subsets_of, subset_name


def test_every_subset_once_the_smallest_first():
    assert modality_subsets_of(["t2", "t1c"]) == (("t1c",), ("t2",), ("t1c", "t2"))
    names = [subset_name(subset) for subset in modality_subsets_of(MODALITIES)]
    assert len(set(names)) == len(names) == 15
    assert names[0] == "t1"
    assert names[4] == "t1+t1c"
    assert names[-1] == "t1+t1c+t2+flair"
    assert modality_subsets_of([]) == ()


def test_names_are_read_back_and_do_not_depend_on_the_order():
    for subset in modality_subsets_of(MODALITIES):
        assert modalities_of(subset_name(subset)) == subset
    assert subset_name(["flair", "t1"]) == "t1+flair"


@pytest.mark.parametrize("name", ["", "t3", "t1+", "t1c+t1", "t1+t1", "all"])
def test_other_names_are_refused(name):
    with pytest.raises(
        ValueError, match=rf"'{name.replace('+', '.')}' is no subset of modalities; its name joins some of t1"
    ):
        modalities_of(name)


def test_other_modalities_are_refused():
    with pytest.raises(ValueError, match="'dwi': no such modality; modalities: t1, t1c, t2, flair"):
        modality_subsets_of(["t1", "dwi"])
    with pytest.raises(ValueError, match="modalities t1, t1: each must be named once"):
        modality_subsets_of(["t1", "t1"])
