"""A process is started where it finds the library, with no PYTHONPATH of the caller's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from gliomanet.training.distributed import launcher


def test_a_process_finds_the_library_by_itself(monkeypatch, tmp_path):
    asked = {}
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: asked.update(options))
    launcher._started(tmp_path, 1, 2)
    (source,) = asked["env"]["PYTHONPATH"].split(os.pathsep)
    assert (Path(source) / "gliomanet/training/distributed/launcher.py").is_file()
