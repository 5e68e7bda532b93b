"""PS-Net's published predictions by the command, to all digits that are known of them."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.layout import Layout
from gliomanet.tables.io import read_table

COLUMNS = {
    "case_id": "Patient",
    "idh": "IDH_mutated",
    "codel_1p19q": "1p19q_codeleted",
    "grade": "Grade",
    **{f"idh:{name}": f"Prediction_score_IDH_{end}" for name, end in (("wildtype", "wildtype"), ("mutant", "mutated"))},
    **{f"codel_1p19q:{name}": f"Prediction_score_1p19q_{name}" for name in ("intact", "codeleted")},
    **{f"grade:{name}": f"Prediction_score_grade_{name}" for name in "234"},
}
TASKS = ("idh=wildtype,mutant", "codel_1p19q=intact,codeleted", "grade=2,3,4")


@pytest.fixture(scope="module")
def layout(shared_data, tmp_path_factory) -> Layout:
    table = str(shared_data / "published-predictions/psnet_tcga.csv")
    out = tmp_path_factory.mktemp("psnet")
    given = ["evaluate", table, table, "--out", str(out), "--resamples", "100", "--center-pattern", r"TCGA-(\w\w)"]
    given += [part for ours, theirs in COLUMNS.items() for part in ("--map", f"{ours}={theirs}")]
    given += [part for task in TASKS for part in ("--task", task)]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert "psnet_tcga, idh: MCC 0.6738" in done.output
    return Layout(out)


def test_metrics(layout):
    table = read_table(layout.evaluation("metrics")).query("center == 'pooled' and subset == 'all'")
    found = {(row["task"], row["metric"]): (round(row["value"], 4), row["n"]) for row in table.to_dict("records")}
    assert found["idh", "auc"] == (0.8959, 217)
    assert found["idh", "mcc"] == (0.6738, 217)
    assert found["idh", "brier"] == (0.1307, 217)
    assert found["codel_1p19q", "auc"] == (0.8519, 233)
    assert found["codel_1p19q", "mcc"] == (0.3780, 233)
    assert found["grade", "mcc"] == (0.5084, 238)
    assert [found["grade", f"auc_{grade}"][0] for grade in "234"] == [0.9113, 0.6941, 0.9059]


def test_confusion(layout):
    table = read_table(layout.evaluation("confusion")).query("center == 'pooled'")
    counts = {task: rows["n"].tolist() for task, rows in table.groupby("task")}
    assert counts["idh"] == [120, 9, 25, 63]
    assert counts["codel_1p19q"] == [197, 10, 16, 10]
    assert counts["grade"] == [35, 6, 6, 19, 10, 30, 2, 5, 125]


def test_sites(layout):
    table = read_table(layout.evaluation("metrics")).query("task == 'idh' and metric == 'mcc' and subset == 'all'")
    sites = {row["center"]: (round(row["value"], 3), row["n"]) for row in table.to_dict("records")}
    assert {site: sites[site] for site in ("CS", "DU", "HT", "06")} == {
        "CS": (0.516, 16),
        "DU": (0.550, 51),
        "HT": (0.139, 29),
        "06": (0.479, 38),
    }
    assert all(pd.isna(sites[site][0]) for site in ("02", "08", "76"))


def test_page(layout):
    page = layout.page().read_text(encoding="utf-8")
    assert 'id="forest"' in page
    assert "240 cases of 13 centres" in page
    assert "http://" not in page
