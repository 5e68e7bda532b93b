import pytest

from gliomanet.stages import round_of, stage_of_round, stage_order


def test_stages_are_named_for_their_round():
    assert [stage_of_round(n) for n in (1, 2, 10)] == ["pseudo_label", "pseudo_label_2", "pseudo_label_10"]
    assert [round_of(stage_of_round(n)) for n in range(1, 25)] == list(range(1, 25))
    assert round_of("supervised") == 0
    for other in ("pseudo_label_1", "pseudo_label_0", "pseudo_label_02", "published", ""):
        assert round_of(other) is None
    with pytest.raises(ValueError, match="rounds are counted from 1, got 0"):
        stage_of_round(0)


def test_they_are_sorted_as_they_are_trained_and_others_come_last():
    mixed = ["published", "pseudo_label_10", "pseudo_label_2", "supervised", "pseudo_label", "other"]
    assert sorted(mixed, key=stage_order) == [
        *("supervised", "pseudo_label", "pseudo_label_2", "pseudo_label_10", "other", "published")
    ]
