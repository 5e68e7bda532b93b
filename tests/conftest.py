"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-messages`: write tests/messages/golden.txt anew."""
    parser.addoption("--update-messages", action="store_true", help="write tests/messages/golden.txt anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow file first, so that one worker is at it while the other does all the rest (a file stays on a worker)."""
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
