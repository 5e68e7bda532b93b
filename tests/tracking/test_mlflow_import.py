"""Runs in MLflow: once each, with their times, parents and figures."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from gliomanet.tracking.mlflow_import import import_runs
from tests.descriptions import image_description, write_description

START = 1_700_000_000.0


def write_fold(root: Path, model: str, stage: str, fold: str, digest: str = "a", epochs: int = 3) -> Path:
    folder = root / model / stage / f"fold{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    start = START + 100 * ord(fold[-1])
    events = [
        {"event": "run", "model": model, "stage": stage, "fold": fold, "digest": digest},
        {"event": "start", "time": start},
        {"event": "params", "values": {"learning_rate": 1e-4}},
    ]
    for epoch in range(epochs):
        for name in ("train/loss", "validation/mcc_idh"):
            events.append(
                {"event": "metric", "name": name, "value": 1 / (epoch + 1), "step": epoch, "time": start + epoch}
            )
    events.append({"event": "end", "time": start + epochs})
    (folder / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")
    write_description(folder, image_description(kind=model, model=model, stage=stage, fold=fold))
    return folder


def evaluation(value: float | str = 0.61) -> pd.DataFrame:
    columns = ["model", "stage", "scenario", "role", "center", "task", "subset", "metric", "value", "n"]
    rows = [
        ("cmtlnet", "supervised", "main", "external", "pooled", "idh", "all", "mcc", value, 90),
        ("cmtlnet", "supervised", "main", "external", "north", "idh", "all", "mcc", "", 9),
        ("cmtlnet", "supervised", "main", "external", "pooled", "idh", "grade=2-3", "mcc", 0.2, 30),
        ("cmtlnet", "supervised", "without-a", "external", "a", "idh", "all", "mcc", 0.3, 30),
        ("cmtlnet", "supervised", "main", "external", "pooled", "idh", "all", "auc", 0.9, 90),
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def store(tmp_path):
    models = tmp_path / "models"
    folders = [write_fold(models, "cmtlnet", stage, fold) for stage in ("supervised", "pseudo_label") for fold in "01"]
    page = tmp_path / "index.html"
    page.write_text("<html></html>", encoding="utf-8")
    uri = f"sqlite:///{tmp_path}/db/mlflow.db"

    def run(metrics=None, dirs=folders):
        return import_runs(
            dirs,
            metrics,
            [page],
            uri=uri,
            artifact_root=tmp_path / "artifacts",
            experiment="A study",
            study_params={"seed": 1, "split": {"folds": 2}},
        )

    run.client = lambda: MlflowClient(tracking_uri=uri)
    run.models, run.folders, run.page = models, folders, page
    return run


def all_runs(client):
    experiment = client.get_experiment_by_name("A study")
    return client.search_runs([experiment.experiment_id], max_results=1000)


def test_runs_are_imported_once_completely_and_follow_changes(store, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "0123456789abcdef0123456789abcdef")
    first = store(evaluation())
    assert "MLFLOW_RUN_ID" not in os.environ
    assert first["status"].tolist() == ["new"] * 6
    assert first["kind"].tolist() == ["parent", "fold", "fold"] * 2
    client = store.client()
    by_name = {run.info.run_name: run for run in all_runs(client)}
    parent, fold = by_name["cmtlnet/supervised"], by_name["cmtlnet/supervised/fold1"]

    # parents, children, times, curves
    assert fold.data.tags["mlflow.parentRunId"] == parent.info.run_id
    start = round(1000 * (START + 100 * ord("1")))
    assert (fold.info.start_time, fold.info.end_time, fold.info.status) == (start, start + 3000, "FINISHED")
    assert parent.info.start_time == round(1000 * (START + 100 * ord("0")))
    history = client.get_metric_history(fold.info.run_id, "train/loss")
    assert [(m.step, m.timestamp) for m in history] == [(0, start), (1, start + 1000), (2, start + 2000)]
    assert (
        fold.data.params.items()
        >= {
            "model": "cmtlnet",
            "stage": "supervised",
            "fold": "1",
            "learning_rate": "0.0001",
            "model_json.kind": "cmtlnet",
        }.items()
    )

    # the parent's figures, settings and files
    assert parent.data.metrics == {
        "mcc/external/pooled/idh": 0.61,
        "mcc/external/pooled/idh/grade_2-3": 0.2,
        "mcc/external/a/idh/without-a": 0.3,
    }
    assert by_name["cmtlnet/pseudo_label"].data.metrics == {}
    assert parent.data.params["study.split.folds"] == "2"
    files = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert files == {"index.html", "fold0", "fold1"}
    assert (tmp_path / "artifacts" / parent.info.run_id / "artifacts" / "fold0" / "model.json").is_file()

    # again: nothing new
    again = store(evaluation())
    assert again["status"].tolist() == ["present"] * 6
    assert again["run_id"].tolist() == first["run_id"].tolist()

    # another evaluation of the same training: the latest figure is the new one, although it is smaller
    assert store(evaluation(0.5))["status"].tolist()[3:4] == ["updated"]
    parent = client.get_run(parent.info.run_id)
    assert parent.data.metrics["mcc/external/pooled/idh"] == 0.5
    store(evaluation(""))
    assert client.get_run(parent.info.run_id).data.metrics["mcc/external/pooled/idh"] != 0.5

    # one fold trained anew: a new fold, a new parent, the other fold moves to it
    write_fold(store.models, "cmtlnet", "supervised", "0", digest="b")
    changed = store(evaluation()).set_index("name")
    assert changed["status"].to_dict() == {
        "cmtlnet/pseudo_label": "present",
        "cmtlnet/pseudo_label/fold0": "present",
        "cmtlnet/pseudo_label/fold1": "present",
        "cmtlnet/supervised": "new",
        "cmtlnet/supervised/fold0": "new",
        "cmtlnet/supervised/fold1": "present",
    }
    assert len(all_runs(client)) == 8
    moved = client.get_run(changed.loc["cmtlnet/supervised/fold1", "run_id"])
    assert moved.data.tags["mlflow.parentRunId"] == changed.loc["cmtlnet/supervised", "run_id"]

    # an import that was cut off is completed, not doubled
    client.update_run(fold.info.run_id, status="RUNNING")
    resumed = store(evaluation()).set_index("name")
    assert resumed.loc["cmtlnet/supervised/fold1", "status"] == "new"
    assert len(all_runs(client)) == 8
    assert len(client.get_metric_history(fold.info.run_id, "train/loss")) == 3


@pytest.mark.parametrize("uri", ["./mlruns", "file:///tmp/mlruns"])
def test_the_file_store_is_refused(uri, tmp_path):
    with pytest.raises(ValueError, match=r"is a file store.*sqlite:///<path>"):
        import_runs([], None, [], uri=uri, artifact_root=tmp_path, experiment="x", study_params={})


def test_two_folders_of_one_job_are_named(tmp_path):
    one = write_fold(tmp_path / "a", "cmtlnet", "supervised", "0")
    two = write_fold(tmp_path / "b", "cmtlnet", "supervised", "0")
    with pytest.raises(ValueError, match="both say they are cmtlnet/supervised/fold0"):
        import_runs(
            [one, two],
            None,
            [],
            uri=f"sqlite:///{tmp_path}/m.db",
            artifact_root=tmp_path,
            experiment="x",
            study_params={},
        )
