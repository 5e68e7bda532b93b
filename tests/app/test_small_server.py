"""The server's own process stays small: models are for the workers."""

import json
import subprocess
import sys

from tests.app.servers import ROOT

LARGE = {"torch", "monai", "captum", "shap", "radiomics"}
"""Packages of which each takes tens to hundreds of megabytes."""


def test_the_server_s_process_loads_no_network() -> None:
    code = "import json, sys, gliomanet.cli.main, gliomanet.app.server; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert not LARGE & set(json.loads(done.stdout))
