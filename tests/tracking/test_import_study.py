"""Runs in MLflow: once each, with their times, parents, figures, tags, datasets and files."""

import json
import os

import pytest
from mlflow.tracking import MlflowClient

from gliomanet.tracking import tags
from gliomanet.tracking.import_study import import_study
from tests.tracking.studies import START, settings_of, write_study


def runs_of(uri, search=""):
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("gliomanet")
    return client.search_runs([experiment.experiment_id], search, max_results=1000)


def models_of(uri):
    return runs_of(uri, f"tags.`{tags.RUN}` = 'model'")


def statuses(study, uri):
    return import_study(study, uri=uri, experiment="gliomanet").runs["status"].tolist()


def test_runs_are_imported_once_completely(uri, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "0123456789abcdef0123456789abcdef")
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path / "results")
    first = import_study(study, uri=uri, experiment="gliomanet")
    assert "MLFLOW_RUN_ID" not in os.environ
    assert not (tmp_path / "mlruns").exists()
    assert first.runs["status"].tolist() == ["new"] * 6
    assert first.runs["kind"].tolist() == ["parent", "fold", "fold"] * 2
    client = MlflowClient(tracking_uri=uri)
    by_name = {run.info.run_name: run for run in runs_of(uri)}
    parent, fold = by_name["A study: net/supervised"], by_name["A study: net/supervised/fold1"]

    # parents, children, times, curves
    assert fold.data.tags["mlflow.parentRunId"] == parent.info.run_id
    start = round(1000 * (START + 100 * ord("1")))
    assert (fold.info.start_time, fold.info.end_time, fold.info.status) == (start, start + 3000, "FINISHED")
    assert parent.info.start_time == round(1000 * (START + 100 * ord("0")))
    history = client.get_metric_history(fold.info.run_id, "train/loss")
    assert [(m.step, m.timestamp) for m in history] == [(0, start), (1, start + 1000), (2, start + 2000)]
    assert fold.data.params.items() >= {"fold": "1", "learning_rate": "0.0001", "model_json.kind": "cmtlnet"}.items()

    # what a run is of, a model's own settings, the figures
    wanted = {
        "gliomanet.run": "model",
        "gliomanet.kind": "cmtlnet",
        "gliomanet.study": "A study",
        "gliomanet.stage": "supervised",
        "gliomanet.study_digest": study.digest,
        "gliomanet.cohort_digest": study.cohort_digest,
        "gliomanet.code_digest": "c0de",
        "mlflow.source.git.commit": "0123abc",
        "gliomanet.state": "recent",
    }
    assert parent.data.tags.items() >= wanted.items()
    assert fold.data.tags.items() >= {"gliomanet.scenario": "main", "gliomanet.kind": "cmtlnet"}.items()
    own = {"model": "net", "stage": "supervised", "folds": "2", "kind": "cmtlnet", "width.first": "8"}
    assert parent.data.params == own
    figures = parent.data.metrics
    assert figures["mcc/external/pooled/idh"] == figures["external/mcc/idh"] == 0.61
    assert (figures["mcc/external/pooled/idh/ci_low"], figures["external/mcc/idh/ci_high"]) == (0.4, 0.8)
    assert figures["n/external/pooled/idh"] == figures["external/n/idh"] == 90
    assert figures["mcc/external/pooled/idh/grade_2-3"] == 0.2
    assert figures["mcc/external/a/idh/without-a"] == 0.3
    assert (figures["external/auc/idh"], figures["external/ece/idh"]) == (0.9, 0.05)
    assert not [name for name in figures if name.startswith(("f1", "mcc/external/north"))]

    # datasets and files
    found = {each.dataset.name: each for each in parent.inputs.dataset_inputs}
    assert {name: each.tags[0].value for name, each in found.items()} == {
        "A": "training and validation",
        "X": "external",
    }
    assert found["X"].dataset.digest == study.center_digests["X"]
    assert json.loads(found["X"].dataset.profile) == {"cases": 2, "patients": 2, "labelled": {"idh": 2}}
    assert parent.info.artifact_uri.startswith("mlflow-artifacts:/")
    files = tmp_path / "db/mlartifacts" / parent.info.run_id / "artifacts"
    assert {file.name for file in files.iterdir()} == {"index.html", "metrics.tsv", "study.json", "fold0", "fold1"}

    # again: nothing new
    again = import_study(study, uri=uri, experiment="gliomanet")
    assert again.runs["status"].tolist() == ["present"] * 6
    assert again.runs["run_id"].tolist() == first.runs["run_id"].tolist()


def test_another_evaluation_of_the_same_training_gives_the_newest_figure(uri, tmp_path):
    statuses(write_study(tmp_path), uri)
    assert statuses(write_study(tmp_path, value=0.5), uri) == ["updated", "present", "present"] * 2
    assert {run.data.metrics["external/mcc/idh"] for run in models_of(uri)} == {0.5}
    statuses(write_study(tmp_path, value=None), uri)
    assert all(run.data.metrics["external/mcc/idh"] != 0.5 for run in models_of(uri))


@pytest.mark.parametrize("change", ["fold", "setting", "label"])
def test_a_study_that_changed_gets_new_runs_and_marks_those_it_had(uri, tmp_path, change):
    changes = {
        "fold": {"digest": "b"},
        "setting": {"settings": settings_of(seed=2)},
        "label": {"labels": ("mutant", "mutant")},
    }
    first = import_study(write_study(tmp_path), uri=uri, experiment="gliomanet").runs
    second = import_study(write_study(tmp_path, **changes[change]), uri=uri, experiment="gliomanet").runs
    assert second["status"].tolist() == ["new"] * 6
    states = {run.info.run_id: run.data.tags[tags.STATE] for run in models_of(uri)}
    assert {states[run] for run in first.loc[first["kind"] == "parent", "run_id"]} == {"superseded"}
    assert {states[run] for run in second.loc[second["kind"] == "parent", "run_id"]} == {"recent"}
    # changed back: the runs of that time count again
    third = import_study(write_study(tmp_path), uri=uri, experiment="gliomanet").runs
    assert third["run_id"].tolist() == first["run_id"].tolist()
    states = {run.info.run_id: run.data.tags[tags.STATE] for run in models_of(uri)}
    assert {states[run] for run in third.loc[third["kind"] == "parent", "run_id"]} == {"recent"}
    assert len(runs_of(uri)) == 12


def test_two_studies_of_one_title_never_meet(uri, tmp_path):
    statuses(write_study(tmp_path / "one", value=0.7), uri)
    other = write_study(tmp_path / "two", value=0.1, labels=("mutant", "wildtype", "mutant"))
    assert statuses(other, uri) == ["new"] * 6
    assert statuses(write_study(tmp_path / "one", value=0.7), uri) == ["present"] * 6
    found = [(run.data.metrics["external/mcc/idh"], run.data.tags[tags.STATE]) for run in models_of(uri)]
    assert sorted(found) == [(0.1, "recent")] * 2 + [(0.7, "recent")] * 2


def test_copies_of_one_study_never_take_each_other_s_place(uri, tmp_path):
    statuses(write_study(tmp_path / "one", value=0.7), uri)
    assert statuses(write_study(tmp_path / "copy", value=0.1), uri) == ["new"] * 6
    assert statuses(write_study(tmp_path / "copy", value=0.2, digest="b"), uri) == ["new"] * 6
    found = [(run.data.metrics["external/mcc/idh"], run.data.tags[tags.STATE]) for run in models_of(uri)]
    assert sorted(found) == [(0.1, "superseded")] * 2 + [(0.2, "recent")] * 2 + [(0.7, "recent")] * 2
    assert statuses(write_study(tmp_path / "one", value=0.7), uri) == ["present"] * 6


def test_other_paths_of_sources_are_no_other_study(uri, tmp_path):
    statuses(write_study(tmp_path / "one"), uri)
    moved = settings_of(results="elsewhere", data_root="/other")
    moved["centers"] = {k: {**v, "source": {"kind": "table", "path": "/other"}} for k, v in moved["centers"].items()}
    assert statuses(write_study(tmp_path / "one", settings=moved), uri) == ["present"] * 6


def test_an_import_that_was_cut_off_is_completed(uri, tmp_path):
    study = write_study(tmp_path)
    runs = import_study(study, uri=uri, experiment="gliomanet").runs
    fold = runs[runs["name"] == "net/supervised/fold1"]["run_id"].iloc[0]
    client = MlflowClient(tracking_uri=uri)
    client.update_run(fold, status="RUNNING")
    assert sorted(statuses(study, uri)) == ["new", *["present"] * 5]
    assert len(runs_of(uri)) == 6
    assert len(client.get_metric_history(fold, "train/loss")) == 3


def test_a_run_that_is_there_twice_is_deleted_but_for_one(uri, tmp_path):
    """As after an answer that was lost: the run was made, and its maker never heard of it."""
    study = write_study(tmp_path)
    statuses(study, uri)
    run = models_of(uri)[0]
    client = MlflowClient(tracking_uri=uri)
    double = client.create_run(run.info.experiment_id, start_time=run.info.start_time + 1, tags=run.data.tags)
    assert statuses(study, uri) == ["present"] * 6
    assert double.info.run_id not in {each.info.run_id for each in runs_of(uri)}


def test_ten_studies_are_recent(uri, tmp_path):
    one = (("net", "supervised", "0"),)
    for number in range(11):
        study = write_study(
            tmp_path / str(number), settings=settings_of(f"Study {number}"), fits=one, epochs=11 + number
        )
        import_study(study, uri=uri, experiment="gliomanet")
    states = {run.data.tags[tags.STUDY]: run.data.tags[tags.STATE] for run in models_of(uri)}
    assert states == {"Study 0": "earlier", **{f"Study {n}": "recent" for n in range(1, 11)}}
    experiment = MlflowClient(tracking_uri=uri).get_experiment_by_name("gliomanet")
    view = json.loads(experiment.tags["mlflow.sharedViewState.best-idh"])
    found = runs_of(uri, view["searchFilter"])
    assert len(found) == 10
    assert view["orderByKey"] == "metrics.`external/mcc/idh`"
    assert set(view["selectedColumns"]) <= set(view["columnWidths"])
    named = {f"metrics.`{name}`" for name in found[0].data.metrics} | {f"tags.`{name}`" for name in found[0].data.tags}
    assert {*view["selectedColumns"]} - named == {
        f"metrics.`external/{name}/idh`" for name in ("brier", "balanced_accuracy")
    }


@pytest.mark.parametrize("title", ["Ann's study", 'The "first"', """Ann's "first" """, "50 % of a_b"])
def test_titles_of_any_marks_are_found_again(uri, tmp_path, title):
    study = write_study(tmp_path, settings=settings_of(title), fits=(("net", "supervised", "0"),))
    assert statuses(study, uri) == ["new"] * 2
    assert statuses(study, uri) == ["present"] * 2
