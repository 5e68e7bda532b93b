"""The versions on the page are those of the jobs that made what it shows."""

import json
import platform

import matplotlib
import pytest

from gliomanet.reporting.study.sections.versions import gathered_versions
from tests.descriptions import image_description, write_description


def written(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_versions_come_from_the_jobs_files(tmp_path):
    trained = {"torch": "2.13.0", "numpy": "2.4.6", "python": "3.9.1"}
    files = [
        write_description(tmp_path, image_description(versions=trained)),
        written(tmp_path / "b.json", {"versions": {"numpy": "2.3.0", "atlas": "MNI152"}, "status": "ok"}),
        written(tmp_path / "c.json", {"status": "failed"}),
    ]
    found = gathered_versions(files)
    assert list(found) == ["Python", "gliomanet", "torch", "numpy", "matplotlib", "atlas"]
    assert found["torch"] == "2.13.0"
    assert found["numpy"] == "2.3.0, 2.4.6"
    assert found["Python"] == ", ".join(sorted(["3.9.1", platform.python_version()]))
    assert found["matplotlib"] == matplotlib.__version__
    assert gathered_versions(files[::-1]) == found
    assert list(gathered_versions([])) == ["Python", "gliomanet", "matplotlib"]


@pytest.mark.parametrize(("text", "message"), [("{", "a.json: no JSON"), ("[1]", "a.json: holds a list")])
def test_a_broken_file_is_named(tmp_path, text, message):
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        gathered_versions([tmp_path / "a.json"])
