"""Files that jobs wrote, read back: whole, or one error that names the file and says what to delete."""

import nibabel as nib
import numpy as np
import pytest

from gliomanet.errors import ProblemError
from gliomanet.files.atomic import write_json
from gliomanet.files.nifti import read_written_nifti, write_nifti
from gliomanet.files.reading_back import read_written_arrays, read_written_json, set_aside


def write_arrays(path):
    np.savez_compressed(path, a=np.arange(1000))


KINDS = {
    "image.nii.gz": (
        lambda path: write_nifti(np.random.default_rng(0).random((9, 8, 7)), np.eye(4), path),
        read_written_nifti,
    ),
    "record.json": (lambda path: write_json(path, {"status": "ok", "values": list(range(50))}), read_written_json),
    "evidence.npz": (write_arrays, read_written_arrays),
}
SPOILT = {
    "missing": None,
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "cut by a byte": lambda content: content[:-1],
    "random bytes": lambda content: np.random.default_rng(1).bytes(3000),
    "another kind": lambda content: b"[1, 2]",
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("name", KINDS)
def test_what_is_damaged_is_named_with_what_to_delete(tmp_path, name, spoil):
    path = tmp_path / "case-1" / name
    path.parent.mkdir()
    write, read = KINDS[name]
    write(path)
    if spoil is None:
        path.unlink()
    else:
        path.write_bytes(spoil(path.read_bytes()))
    if (name, spoil) == ("record.json", SPOILT["cut by a byte"]):
        read(path)  # its last byte ends the line
        return
    with pytest.raises(ProblemError) as caught:
        read(path, delete=path.parent)
    problem = caught.value.problem
    assert (problem.rule, problem.file) == ("damaged_result", str(path))
    assert problem.action.startswith(f"delete {path.parent} and start Snakemake again")
    with pytest.raises(ProblemError, match=f"delete {path} and"):
        read(path)


def test_a_changed_voxel_is_found_where_nibabel_finds_none(tmp_path):
    path = tmp_path / "t1.nii.gz"
    write_nifti(np.random.default_rng(0).random((9, 8, 7)).astype(np.float32), np.eye(4), path)
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # of the checksum
    path.write_bytes(content)
    np.asarray(nib.load(path).dataobj)
    with pytest.raises(ProblemError, match="CRC check failed"):
        read_written_nifti(path)


def test_what_is_whole_is_read(tmp_path):
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    write_nifti(array, np.diag([2.0, 3, 4, 1]), tmp_path / "a.nii.gz")
    image = read_written_nifti(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asarray(image.dataobj), array)
    assert image.header.get_zooms() == (2, 3, 4)
    write_arrays(tmp_path / "a.npz")
    assert read_written_arrays(tmp_path / "a.npz")["a"].tolist() == list(range(1000))


def test_what_is_set_aside_never_replaces_what_was(tmp_path):
    for number in (1, 2):
        (tmp_path / "x").write_text(str(number))
        assert set_aside(tmp_path / "x").name == f"x.corrupt-{number}"
    assert (tmp_path / "x.corrupt-1").read_text() == "1"
