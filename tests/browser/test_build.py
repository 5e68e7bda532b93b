"""The scripts and styles that the server sends are those of frontend/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from gliomanet.app.server import STATIC
from tests.programs import skip_or_fail


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_built_files_are_those_of_the_sources(tmp_path, repository):
    vite = repository / "frontend/node_modules/vite/bin/vite.js"
    skip_or_fail("browser", "" if vite.is_file() else "the front end's packages are not there: make frontend")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    asked = ["node", str(vite), "build", "--outDir", str(tmp_path / "static")]
    subprocess.run(asked, cwd=repository / "frontend", env=os.environ | {"PATH": path}, check=True, capture_output=True)
    built = files_of(STATIC)
    built.pop("LICENSES.txt")
    assert files_of(tmp_path / "static") == built


def test_the_lock_names_packages_and_versions_only(repository):
    lock = (repository / "frontend/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' not in lock
