"""The images' recipes: they install what `make setup` installs, let no data in, and name files that are there.

No image is built here. Both recipes say the same, so what differs between them would be a slip.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "containers/Dockerfile").read_text()
DEFINITION = (ROOT / "containers/gliomanet.def").read_text()


def instructions(text: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions with their arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def sections(text: str) -> dict[str, str]:
    """An Apptainer definition's sections by name."""
    parts = re.split(r"^%(\w+).*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def installs(text: str) -> list[str]:
    """What pip is asked to install, in order, without places and pip's own words."""
    asked = re.findall(r"-m pip install ([^\n&]*)", text)
    words = [
        re.sub(r"--(no-cache-dir|quiet|disable-pip-version-check)|/opt/workflow|/tmp/|\.venv/", "", one)
        for one in asked
    ]
    return [
        " ".join(one.replace("\\", "").split()).rstrip(" .")
        for one in words
        if "EXTRA" not in one and "constraint" not in one
    ]


def test_every_recipe_installs_what_make_setup_installs():
    setup = (ROOT / "Makefile").read_text().split("$(READY):")[1].split("@touch")[0]
    of = {
        name: sorted(sorted(line.split()) for line in installs(text))
        for name, text in {"make": setup, "docker": DOCKERFILE, "apptainer": DEFINITION}.items()
    }
    assert of["make"] == of["docker"] == of["apptainer"]
    assert len(of["make"]) == 4


COPIED_TO_BUILD = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.split("\nFROM ")[1], re.MULTILINE)


@pytest.mark.parametrize("text", [DOCKERFILE, DEFINITION], ids=["Dockerfile", "gliomanet.def"])
def test_every_recipe_builds_the_pages_scripts_as_make_frontend_does(text, tmp_path):
    """What is copied there suffices for `make frontend`, which asks for npm's packages and the build, and never for pip."""
    assert re.search(r"ln -s /opt/gliomanet .venv\s.*touch .venv/.ready\s.*make frontend", text, re.DOTALL)
    names = " ".join(COPIED_TO_BUILD).split() if text is DOCKERFILE else sorted(allowed() & {"Makefile", "frontend"})
    for name in {*names, "requirements.lock", "pyproject.toml"}:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules"))
        else:
            shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.ready").touch()
    asked = ["make", "--dry-run", "frontend"]
    plan = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert re.search("npm .* ci .*npm .* run build", plan, re.DOTALL)
    assert "pip" not in plan


def test_an_image_has_the_built_scripts_and_none_of_npms_packages():
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert final.index("COPY . /opt/workflow") < final.index("COPY --from=build /build/src /opt/workflow/src")
    assert "**/node_modules" in (ROOT / ".dockerignore").read_text()
    assert re.search(r"make frontend\s+rm -rf frontend ", sections(DEFINITION)["post"])


def test_an_image_runs_without_rights_and_starts_snakemake():
    said = instructions(DOCKERFILE)
    final = said[max(index for index, (word, _) in enumerate(said) if word == "FROM") :]
    assert [rest for word, rest in final if word == "USER"] == ["1000"]
    assert "apt-get install --yes --no-install-recommends gcc" not in str(final)
    (entry,) = [yaml.safe_load(rest) for word, rest in final if word == "ENTRYPOINT"]
    assert entry == ["tini", "--", "snakemake", "--snakefile", "/opt/workflow/Snakefile"]
    assert 'snakemake --snakefile /opt/workflow/Snakefile "$@"' in sections(DEFINITION)["runscript"]


def allowed() -> set[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    return {line[1:] for line in lines if line.startswith("!")}


def test_nothing_gets_into_an_image_but_the_repository_s_own_files():
    copied = dict(line.split() for line in sections(DEFINITION)["files"].strip().splitlines())
    assert allowed() == {*copied, "profiles"}  # a link, made by hand there
    assert all(target == f"/opt/workflow/{name}" for name, target in copied.items())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert allowed() <= {Path(file).parts[0] for file in tracked}


@pytest.mark.parametrize("text", [DOCKERFILE, DEFINITION], ids=["Dockerfile", "gliomanet.def"])
def test_both_stand_on_the_same_python(text):
    assert re.search(r"python:(\$\{PYTHON\}|3\.11-slim-bookworm)", text)
    assert "3.11-slim-bookworm" in text
