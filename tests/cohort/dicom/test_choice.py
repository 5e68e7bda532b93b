"""Which of several T1 is used, by their signs of contrast medium and their order."""

import pytest

from gliomanet.cohort.dicom.choice import choose
from gliomanet.cohort.dicom.series import Judgement, Series


def t1(number, medium="", time=None, voxel=(1.0, 1.0, 5.0), derived=False):
    kind = ("DERIVED", "SECONDARY", "MPR") if derived else ("ORIGINAL", "PRIMARY")
    series = Series(number, "", kind, ("SE",), 0.01, 0.5, None, False, False, (256, 256, 30), voxel, time=time)
    return series, Judgement("t1c" if medium in ("after", "agent") else "t1", (), "t1", medium)


FINE = (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("series", "t1_number", "t1c_number", "rules"),
    [
        ([t1(3)], 3, None, []),
        ([t1(3), t1(9)], 3, None, ["t1_may_show_contrast_medium"]),
        ([t1(3, time=900.0), t1(9, time=100.0)], 9, None, ["t1_may_show_contrast_medium"]),
        ([t1(3), t1(9, voxel=FINE)], 9, None, ["t1_may_show_contrast_medium"]),
        ([t1(3), t1(9, "before", voxel=(1.0, 1.0, 6.0))], 9, None, []),
        ([t1(3), t1(9, voxel=FINE, derived=True)], 3, None, []),
        # Both before the one with medium: the later was repeated for a reason.
        ([t1(3), t1(4), t1(9, "after")], 4, 9, []),
        # Acquired after it: the scanner's clock stands over the number.
        ([t1(3, time=50.0), t1(4, time=990.0, voxel=FINE), t1(9, "after", time=500.0)], 3, 9, []),
        ([t1(3, time=86000.0), t1(4, "after", time=300.0)], 3, 4, []),  # after midnight
        ([t1(3, "after"), t1(9)], None, 3, ["t1_after_contrast_medium"]),
        ([t1(3, "after"), t1(9, "before")], 9, 3, []),
        ([t1(3, "agent"), t1(9, "agent")], None, 9, ["every_t1_names_an_agent"]),
        ([t1(3, "after"), t1(9, "agent")], None, 9, []),
        ([t1(3), t1(8, "after"), t1(9, "after", voxel=FINE)], 3, 9, []),
    ],
)
def test_the_chosen_series_and_the_doubts(series, t1_number, t1c_number, rules):
    choice = choose(series)
    number = {name: series[place][0].number for name, place in choice.chosen.items()}
    assert (number.get("t1"), number.get("t1c")) == (t1_number, t1c_number)
    assert [doubt.rule for doubt in choice.doubts] == rules
    assert all(doubt.action for doubt in choice.doubts)
