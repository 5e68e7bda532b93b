"""Uploads opened in tests: small bounds, a small image, and ways to spoil it."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from gliomanet.app.intake.limits import UploadLimits
from gliomanet.app.intake.take_in import take_in
from gliomanet.errors import CaseError
from tests.app.intake.forms import form, image, sent

LIMITS = UploadLimits(
    inflated_bytes=2 * 2**20,
    archive_bytes=3 * 2**20,
    free_of_ratio=2**18,
    ratio=50,
    axis=64,
    voxels=50_000,
    files=40,
    spare_bytes=0,
)


IDENTITY = ("Testperson", "ID777", "19510203", "20190405", "111213", "Saint Example", "1.2.826.0.1.3680043")


def opened(tmp_path, files, limits=LIMITS):
    folder = tmp_path / "case" / "input"
    sent(form(files), folder / "upload", UploadLimits(spare_bytes=0))
    return take_in(folder, limits)


def refusal(tmp_path, files, limits=LIMITS):
    with pytest.raises(CaseError) as caught:
        opened(tmp_path, files, limits)
    assert caught.value.problem.action
    assert str(tmp_path) not in str(caught.value.problem)
    return caught.value


CONTENT = image().to_bytes()


def taken_or_refused(folder, part, content):
    """Open a damaged file in a fresh folder: any error but the intake's own is the test's."""
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        with suppress(CaseError):
            opened(Path(inside), [(part, "a", content)])
        written = sum(path.stat().st_size for path in Path(inside).rglob("*") if path.is_file())
    assert written <= LIMITS.archive_bytes + LIMITS.inflated_bytes + len(content)


CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8)


QUIETLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def spoilt(content, changes, cut):
    changed_content = bytearray(content)
    for place, value in changes:
        changed_content[int(place * len(content))] = value
    return bytes(changed_content[: round(cut * len(content))])


REAL = Path(os.environ.get("GLIOMANET_DATA", Path(__file__).parents[4] / "shared/data")) / "real-mri"
