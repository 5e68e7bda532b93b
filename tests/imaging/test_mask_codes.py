from pathlib import Path

import numpy as np
import pytest

from gliomanet.errors import CaseError
from gliomanet.imaging.mask_codes import harmonize_codes
from gliomanet.imaging.volume import Volume


@pytest.mark.parametrize(
    ("found", "expected", "how"),
    [
        ([0, 1, 2, 4], [0, 1, 2, 4], "codes kept"),
        ([0, 1, 2, 3], [0, 1, 2, 4], "3 → 4"),
        ([0, 1, 2, 3, 4], [0, 1, 2, 1, 4], "3 → 1"),
        ([0, 1], [0, 1], "binary"),
        ([0, 0], [0, 0], "empty"),
    ],
)
def test_codes_of_every_edition_come_to_one_meaning(found, expected, how):
    mask = Volume.of(np.array(found, np.uint8).reshape(-1, 1, 1), np.eye(4))
    harmonized, note = harmonize_codes(mask, "c", Path("m.nii.gz"))
    assert harmonized.array.ravel().tolist() == expected
    assert note.startswith(how)


def test_another_code_is_named():
    mask = Volume.of(np.array([0, 1, 7], np.uint8).reshape(-1, 1, 1), np.eye(4))
    with pytest.raises(CaseError) as caught:
        harmonize_codes(mask, "c", Path("m.nii.gz"))
    problem = caught.value.problem
    assert (problem.rule, problem.file, problem.case) == ("unknown_mask_codes", "m.nii.gz", "c")
    assert "[0, 1, 7]" in problem.found
