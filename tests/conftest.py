"""What every test may ask for."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A machine that does other things too is no reason to fail: laws are about values.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent


IMAGES = (
    *("audit/test_fingerprint.py", "audit/test_images.py", "audit/test_study.py", "docs/test_how_to.py"),
    *("imaging", "networks/test_blocks.py", "networks/test_cmtlnet.py", "networks/test_outputs.py", "phantom"),
    *(
        "prediction",
        "patient",
        "radiomics",
        "release",
        "reporting/quality",
        "training/distributed",
        "training/recipes",
        "training/run",
    ),
    "workflow",
)
"""Files and folders of tests that work on images or plan whole studies: `make test-fast` leaves them out."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options beside pytest's own."""
    parser.addoption("--update-messages", action="store_true", help="write tests/messages/golden.txt anew")
    built = "build the rules' environments from the package index, instead of linking what is installed"
    parser.addoption("--build-environments", action="store_true", help=built)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what works on images; the slow files first.

    So one worker is at a slow file while the other does all the rest (a file stays on a worker).
    """
    folders = [ROOT / "tests" / name for name in IMAGES]
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in folders):
            item.add_marker("images")
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real public data (see the README), or a skip that says where it was looked for."""
    folder = Path(os.environ.get("GLIOMANET_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(
            f"no real data at {folder}: set GLIOMANET_DATA to the folder that holds real-mri, real-radiomics, …"
        )
    return folder


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished study of one external patient, see `tests/bundled_study.py`; nobody changes it."""
    from tests.bundled_study import make_study  # torch and ANTs: only where it is asked for

    return make_study(tmp_path_factory.mktemp("tiny") / "results")


@pytest.fixture(scope="session")
def stack_bundle(tiny_study: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of its stack: an image network that segments, and a classifier chain on radiomic features."""
    from gliomanet.release.write import write_bundle

    out = tmp_path_factory.mktemp("bundles") / "a stack"
    write_bundle(tiny_study.layout.results, "stack", out)
    return out


@pytest.fixture(scope="session")
def predicted(tiny_study: Any, stack_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The result of the study's own external patient, as its centre declared it; in a folder with a space."""
    from gliomanet.patient.checks import Patient
    from gliomanet.patient.predict import predict
    from tests.bundled_study import CASE, CENTER

    images = {name: path for name, path in tiny_study.images.items() if name != "tumour_mask"}
    told = Patient(CASE, tiny_study.age, "F", CENTER, "brats")
    out = tmp_path_factory.mktemp("patients") / "the patient"
    return predict(stack_bundle, images, out, mask=tiny_study.images["tumour_mask"], patient=told)
