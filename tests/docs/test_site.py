"""The site builds strictly, asks no other server for anything, and its generated pages hold every key and column."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gliomanet.config.reference import fields_of
from gliomanet.config.study import Study
from tests.docs.blocks import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_no_page_loads_anything_from_elsewhere(site):
    for file in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = file.read_text(encoding="utf-8")
        loaded = re.findall(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(https?:[^"'> ]+)""", text)
        loaded += re.findall(
            r"""<link\b[^>]*\brel=["']?(?:stylesheet|preconnect|preload)[^>]*\bhref=["']?(https?:[^"'> ]+)""", text
        )
        loaded += re.findall(r"""(?:@import|url\()\s*["']?(https?:[^"') ]+)""", text)
        assert not loaded, f"{file.relative_to(site)} loads {loaded}"


def test_every_key_of_a_study_has_its_place(site):
    text = " ".join(page.read_text() for page in site.glob("reference/configuration/**/*.html"))
    missing = {key.split(".")[-1] for key, _ in fields_of(Study)} - set(re.findall(r"<code>([^<]+)</code>", text))
    assert not missing


def test_every_public_name_is_on_the_api_page(site):
    import gliomanet

    text = (site / "reference/api/index.html").read_text(encoding="utf-8")
    missing = [name for name in gliomanet.__all__ if not re.search(rf'id="gliomanet\.[\w.]*\b{name}"', text)]
    assert not missing


def test_every_page_has_a_title_of_its_own(site):
    titles = [
        re.search(r"<title>(.*?)</title>", page.read_text(encoding="utf-8"))[1] for page in site.rglob("index.html")
    ]
    assert len(titles) == len(set(titles))
