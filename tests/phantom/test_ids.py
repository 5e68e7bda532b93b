import subprocess
import sys

from gliomanet.config.sources import PhantomSource
from gliomanet.phantom.ids import case_ids


def test_ids_are_counted_from_one_in_order():
    assert case_ids("A", PhantomSource(cases=3)) == ["A-001", "A-002", "A-003"]
    assert case_ids("A", PhantomSource(cases=1000))[-1] == "A-1000"


def test_the_workflow_can_ask_for_ids_without_loading_numpy(repository):
    code = (
        "import sys; from gliomanet.phantom.ids import case_ids;"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'nilearn', 'scipy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository / "src", check=False)
    assert done.returncode == 0
