"""A person's ratings in the quality pages, driven by keyboard in a real browser: what is exported is what is read."""

import html
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from gliomanet.cohort.decisions import Decision, read_decisions
from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.reporting.quality.pages import write_quality_pages
from tests.reporting.quality.test_pages import _case

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome")

IDS = ("b&d #1", 'c"1"', "c2", "c3")
DRIVER = """
<pre id="out"></pre><script>(async () => {
const press = (key, at = document.body) => at.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const write = (text, input) => { input.value = text; input.dispatchEvent(new Event("change", {bubbles: true})); };
const row = (id) => [...document.querySelectorAll("tr[data-case]")].find((one) => one.dataset.case === id);
%s
document.querySelector("#out").textContent = document.querySelector("a.export")?.href ?? location.href;
})();</script>
"""


@pytest.fixture
def pages(tmp_path):
    """A centre's pages; the study's table of decisions excluded one case before."""
    paths = [_case(tmp_path / "preprocessed", case_id, pictures=("thumbnail",)) for case_id in IDS]
    out = tmp_path / "results" / "qc" / "Here"
    write_quality_pages(paths, paths[0].parent, collect_qc(paths, 0.5, {"c3": ("exclude", "a recurrence")}), out)
    return out


def drive(page: Path, script: str, profile: Path, fragment: str = "") -> str:
    """The address that the page exports, or its own, after a script; the browser keeps its storage in the profile."""
    driven = page.read_text(encoding="utf-8").replace("</body>", DRIVER % script + "</body>")
    page.write_text(driven, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--virtual-time-budget=2000"]
    address = f"file://{quote(str(page))}{fragment}"
    done = subprocess.run([BROWSER, *flags, "--dump-dom", address], capture_output=True, text=True, timeout=120)
    return html.unescape(re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL).group(1))


def read_exported(address: str, folder: Path) -> dict[str, Decision]:
    """The decisions as the pipeline reads them from the exported file."""
    head, _, text = address.partition(",")
    assert head == "data:text/tab-separated-values;charset=utf-8"
    table = folder / "decisions.tsv"
    table.write_text(unquote(text), encoding="utf-8")
    return read_decisions(table, {"Here": IDS})["Here"]


def test_ratings_by_keyboard_are_kept_and_exported_as_the_pipeline_reads_them(pages, tmp_path):
    on_case = (
        'press("e"); write(\'  "ring"\\tartefact,\\n see T1c  \', document.querySelector("form.rate input"));'
        'press("k", document.querySelector("form.rate input"));'  # a letter of the reason, no rating
    )
    drive(pages / "b&d #1.html", on_case, tmp_path / "profile")
    on_list = (
        'row("c2").focus(); press("k", row("c2")); press("ArrowUp", document.activeElement);'
        'press("r", document.activeElement); press("Escape", document.activeElement);'
    )
    found = read_exported(drive(pages / "index.html", on_list, tmp_path / "profile"), tmp_path)
    assert found == {
        "b&d #1": Decision("exclude", '"ring" artefact, see T1c'),
        'c"1"': Decision("review", ""),
        "c2": Decision("keep", ""),
        "c3": Decision("exclude", "a recurrence"),  # that the study's table said before
    }


def test_a_rating_is_taken_back_and_a_table_is_loaded_below_what_is_rated(pages, tmp_path):
    loading = (
        'press("u", row("c3")); press("k", row("c2"));'
        'const table = "center\\tcase_id\\tdecision\\treason\\nHere\\tc2\\texclude\\told\\n'
        'Here\\t\\"c\\"\\"1\\"\\"\\"\\treview\\t\\"a \\"\\"b\\"\\"\\"\\n";'
        'const box = new DataTransfer(); box.items.add(new File([table], "decisions.tsv"));'
        'const input = document.querySelector("input[type=file]"); input.files = box.files;'
        'input.dispatchEvent(new Event("change")); await new Promise((done) => setTimeout(done, 300));'
    )
    found = read_exported(drive(pages / "index.html", loading, tmp_path / "profile"), tmp_path)
    assert found == {'c"1"': Decision("review", 'a "b"'), "c2": Decision("keep", "")}


def test_where_pages_share_no_storage_the_links_carry_the_ratings(pages, tmp_path):
    script = 'press("k"); document.querySelector("#out").remove();'
    script += 'document.body.insertAdjacentHTML("beforeend", "<pre id=out></pre>");'
    script += 'history.replaceState(null, "", document.querySelector("a[data-travels]").href.split("index.html")[1]);'
    address = drive(pages / "c2.html", script, tmp_path / "one")
    fragment = "#" + address.split("#", 1)[1]
    found = read_exported(drive(pages / "index.html", "", tmp_path / "other", fragment), tmp_path)
    assert found["c2"] == Decision("keep", "")
