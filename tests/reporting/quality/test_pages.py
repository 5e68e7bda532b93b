"""A centre of made-up cases: what its pages say, link to, and leave out."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.reporting.quality.center_pages import write_center_pages
from gliomanet.reporting.quality.curves import read_curves
from gliomanet.reporting.quality.pages import write_quality_pages
from gliomanet.reporting.quality.plots import (
    MOST_DRAWN,
    Curve,
    Dot,
    band_of,
    curve_of,
    histogram_of_case,
    histograms,
    shared_limits,
    strip,
)
from gliomanet.reporting.quality.records import page_name

PICTURES = ("scanned", "bias", "coregistration", "atlas", "brain", "tumour", "thumbnail")


def _case(folder: Path, case_id: str, *, pictures=PICTURES, status="ok", reason="", **qc) -> Path:
    path = folder / case_id
    (path / "qc").mkdir(parents=True)
    record = {
        "case_id": case_id,
        "center": "Here",
        "status": status,
        "reason": reason,
        "reference": "t1c",
        "modalities": ["t1c", "t2"],
        "steps": ["N4: every modality"],
        "transforms": {
            "t2": {"shape": [256, 224, 26], "affine": np.diag([-0.9, 0.9, 5.5, 1]).tolist(), "orientation": "LAS"}
        },
        "versions": {"antspyx": "1"},
        "qc": {"brain_volume_ml": 1400.0, "similarity_t2": 0.2, "flags": [], **qc},
    }
    (path / "preprocess.json").write_text(json.dumps(record))
    if status == "ok":
        for name in pictures:
            Image.new("RGB", (8, 8)).save(path / "qc" / f"{name}.webp")
        Image.new("RGB", (8, 8)).save(path / "qc.png")
        humps = np.exp(-((np.arange(64) - 30) ** 2) / 50)
        both = {"low": 0.0, "high": 64.0, "share": (humps / humps.sum()).tolist()}
        modalities = {"t2": {"before": both, "after": {**both, "low": -5.0, "high": 5.0}}}
        (path / "qc" / "histograms.json").write_text(json.dumps({"bins": 64, "modalities": modalities}))
    return path


@pytest.fixture
def center(tmp_path):
    """Six good cases, one with a misplaced modality and an awkward name, one that failed."""
    folder = tmp_path / "preprocessed"
    paths = [_case(folder, f"c{i}", brain_volume_ml=1400.0 + 10 * i) for i in range(6)]
    paths.append(_case(folder, "b&d #1", residual_shift_t2_mm=14.0, pictures=("brain", "thumbnail")))
    paths.append(_case(folder, "lost", status="failed", reason="case lost: t1 holds NaN"))
    return paths


def test_pages_say_link_and_embed(center, tmp_path):
    table = collect_qc(center, 0.5, {"c3": ("exclude", "recurrence")})
    write_quality_pages(center, center[0].parent, table, tmp_path / "pages")
    names = {path.name for path in (tmp_path / "pages").iterdir()}
    assert names == {"index.html", "b&d #1.html", "lost.html", *(f"c{i}.html" for i in range(6))}
    index = (tmp_path / "pages" / "index.html").read_text()
    assert 'href="b%26d%20%231.html"' in index
    assert "Residual shift is 14, allowed: at most 5" in index
    assert "case lost: t1 holds NaN" in index
    assert "recurrence" not in index.split('id="all"')[0].split("<pre>")[0]  # c3 carries no flag
    assert index.count('src="data:image/webp;base64,') == 8  # seven tiles, and the flagged case once more
    good = (tmp_path / "pages" / "c3.html").read_text()
    assert '<span class="badge exclude">exclude</span> decided by a person: recurrence' in good
    assert "256 x 224 x 26" in good
    assert "0.9 x 0.9 x 5.5" in good
    assert "LAS" in good
    assert good.count("Good looks like") == 8
    bad = (tmp_path / "pages" / "b&d #1.html").read_text()
    assert "N4 was off, so nothing was corrected." in bad
    assert "There is no tumour mask" in bad
    lost = (tmp_path / "pages" / "lost.html").read_text()
    assert "case lost: t1 holds NaN" in lost
    assert "Good looks like" not in lost


def test_pages_need_nothing_else_and_warn_of_publication(center, tmp_path):
    write_quality_pages(center, center[0].parent, collect_qc(center, 0.5), tmp_path)
    for page in tmp_path.glob("*.html"):
        text = page.read_text()
        assert "Not for publication" in text
        assert not re.search(r'(?:src|href)="(?!data:|#|[^":]+\.html(?:#decide)?")', text), page.name
        assert "https://" not in text
        assert "http://" not in text


def test_equal_inputs_give_equal_pages(center, tmp_path):
    table = collect_qc(center, 0.5)
    for name in ("one", "two"):
        write_quality_pages(center[::-1] if name == "two" else center, center[0].parent, table, tmp_path / name)
    for page in (tmp_path / "one").iterdir():
        assert page.read_bytes() == (tmp_path / "two" / page.name).read_bytes(), page.name


def test_a_table_that_was_read_back_gives_the_same_page(center, tmp_path):
    table = collect_qc(center, 0.5)
    table.to_csv(tmp_path / "qc.tsv", sep="\t", index=False)
    write_center_pages(center, center[0].parent, table, tmp_path / "a.html")
    write_center_pages(center, center[0].parent, pd.read_csv(tmp_path / "qc.tsv", sep="\t"), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_sixty_cases_stay_small(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (233, 190, 3), np.uint8))
    paths = [_case(tmp_path / "in", f"case-{i:03}", pictures=()) for i in range(60)]
    for path in paths:
        noise.save(path / "qc" / "thumbnail.webp", quality=70)  # three times as large as a head
    write_center_pages(paths, paths[0].parent, collect_qc(paths, 0.5), tmp_path / "index.html")
    assert (tmp_path / "index.html").stat().st_size < 6e6


def test_a_case_called_index_does_not_replace_the_centre():
    assert page_name("index") == "index-case.html"
    assert page_name("007") == "007.html"


def test_strip_names_outliers_and_keeps_dots_apart():
    dots = [Dot(f"c{i}", 1.0, f"c{i}.html", False, "") for i in range(3)] + [Dot("far", 9.0, "far.html", True, "")]
    svg = strip("title", dots, least=-np.inf, most=5.0, center=1.0, usual=(np.nan, np.nan))
    assert svg.count("<circle") == 4
    assert ">far</text>" in svg
    assert 'class="bound"' in svg
    places = re.findall(r'cx="([\d.]+)" cy="(\d+)"', svg)
    assert len(set(places)) == 4


def test_a_metric_that_is_alike_in_all_cases_is_a_sentence_and_no_picture(tmp_path):
    same = {"residual_shift_t2_mm": 0.00004, "coverage_t2": 1.0}
    paths = [_case(tmp_path / "in", f"c{i}", brain_volume_ml=1400.0 + i, pictures=(), **same) for i in range(6)]
    write_center_pages(paths, paths[0].parent, collect_qc(paths, 0.5), tmp_path / "index.html")
    text = (tmp_path / "index.html").read_text()
    assert "Residual shift, mm: 0.0 in all 6 cases" in text
    assert "0.00004" not in text
    assert "<h3>Brain, ml</h3>" in text
    assert "<h3>Residual shift, mm</h3>" not in text


def test_names_of_outliers_stay_inside_the_strip():
    long = "a-very-long-case-name-of-a-hospital"
    svg = strip("t", [Dot("c", 0.0, "c", False, ""), Dot(long, 9.0, "c", True, "")], least=-np.inf, most=np.inf, center=0.0, usual=(0, 1))  # fmt: skip
    start = float(re.search(r'class="name" x="(\d+)"', svg).group(1))
    assert start + 7.0 * len(long) <= 340


def test_histograms_share_an_axis_and_show_a_case_over_the_band():
    curves = [curve_of(f"c{i}", {"low": 10.0 * i, "high": 10.0 * i + 10, "share": [0, 1, 2, 1, 0]}) for i in range(3)]
    assert curves[0].y.max() == 1
    np.testing.assert_allclose(curves[1].x, [11, 13, 15, 17, 19])
    assert shared_limits(curves) == (3.0, 27.0)
    band = band_of(curves, (0, 30))
    assert histograms("t", curves, band).count('class="case"') == 3
    own = histogram_of_case("t", curves[0], band)
    assert own.count('class="own"') == 1
    assert own.count('class="band"') == 1


def test_figures_of_many_cases_name_the_marked_and_draw_the_others_together():
    many = 5 * MOST_DRAWN
    low = {"low": 0.0, "high": 10.0, "share": [0, 1, 2, 1, 0]}
    curves = [curve_of(f"c{i}", low) for i in range(many)]
    curves[7] = Curve("c7", curves[7].x, curves[7].y, marked=True)
    drawn = histograms("t", curves, band_of(curves, (0, 10)))
    assert drawn.count("<polyline") == 2  # the marked one and the median
    assert 'class="band"' in drawn
    dots = [Dot(f"c{i}", float(i % 50), f"c{i}.html", i == 7, "") for i in range(many)]
    svg = strip("t", dots, least=-np.inf, most=np.inf, center=25.0, usual=(0, 50))
    assert svg.count("<circle") == 1
    assert 'href="c7.html"' in svg
    assert len(svg) < 20 * many


@pytest.fixture
def large_center(tmp_path):
    """So many cases that they need three pages; one is flagged."""
    folder = tmp_path / "preprocessed"
    return [_case(folder, f"c{i:03}", brain_volume_ml=1400.0 + i - 600 * (i == 150), pictures=("thumbnail",)) for i in range(201)]  # fmt: skip


def test_a_large_centre_has_its_cases_on_pages_and_a_list_to_find_them(large_center, tmp_path):
    out = tmp_path / "out"
    write_center_pages(large_center, large_center[0].parent, collect_qc(large_center, 0.5), out / "index.html")
    assert {path.name for path in (out / "pages").iterdir()} == {"1.html", "2.html", "3.html"}
    index = (out / "index.html").read_text()
    assert index.count("data:image/webp") == 1  # of the flagged case
    assert index.count('<th scope="row">') == 2 * 201  # to find one, and to rate it
    assert '<a href="c150.html" data-travels>c150</a></th>' in index
    assert '<a href="pages/2.html">c100 to c199</a>' in index
    row = re.search(r'<tr><th scope="row"><a href="c150.html" data-travels>.*', index[index.index('id="all"') :])
    assert '<a href="pages/2.html">2</a>' in row.group()
    second = (out / "pages/2.html").read_text()
    assert second.count("data:image/webp") == 100
    assert 'href="../c150.html"' in second
    assert 'href="../c099.html"' not in second
    assert 'href="3.html" rel="next"' in second


def test_a_page_of_many_cases_says_of_each_what_a_small_centres_page_says(large_center, tmp_path):
    table = collect_qc(large_center, 0.5)
    write_center_pages(large_center, large_center[0].parent, table, tmp_path / "out/index.html")
    row = re.search(
        r'<tr><th scope="row"><a href="../c150.html" data-travels>.*', (tmp_path / "out/pages/2.html").read_text()
    )
    assert "950" in row.group()
    assert "wrong" in row.group()


def test_pictures_are_embedded_as_they_are(center, tmp_path):
    write_quality_pages(center, center[0].parent, collect_qc(center, 0.5), tmp_path)
    picture = base64.b64encode((center[0] / "qc" / "brain.webp").read_bytes()).decode()
    assert picture in (tmp_path / "c0.html").read_text()


def test_cases_without_histograms_are_left_out_of_the_curves(tmp_path):
    paths = [_case(tmp_path, "a"), _case(tmp_path, "b", status="failed")]
    assert set(read_curves(paths, paths[0].parent)) == {"a"}
