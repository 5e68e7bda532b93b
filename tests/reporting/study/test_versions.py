"""The versions on the page are those of the jobs that made what it shows."""

import platform

import matplotlib

from gliomanet.reporting.study.versions import gathered_versions


def test_versions_come_from_the_jobs():
    contents = [
        {"torch": "2.13.0", "numpy": "2.4.6", "python": "3.9.1"},
        {"numpy": "2.3.0", "atlas": "MNI152"},
        {},
    ]
    found = gathered_versions(contents)
    assert list(found) == ["Python", "gliomanet", "torch", "numpy", "matplotlib", "atlas"]
    assert found["torch"] == "2.13.0"
    assert found["numpy"] == "2.3.0, 2.4.6"
    assert found["Python"] == ", ".join(sorted(["3.9.1", platform.python_version()]))
    assert found["matplotlib"] == matplotlib.__version__
    assert gathered_versions(contents[::-1]) == found
    assert list(gathered_versions([])) == ["Python", "gliomanet", "matplotlib"]
