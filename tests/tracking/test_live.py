"""Curves of running trainings on a real server that is ended, started again, and does not answer for a while."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from gliomanet.errors import StudyStopError
from gliomanet.layout import Layout
from gliomanet.tracking import live, store, tags
from gliomanet.tracking.import_study import import_study
from gliomanet.tracking.live import LiveStudy
from tests.tracking.studies import events_of, settings_of, write_events, write_study

FIT = ("net", "supervised", "0")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")  # a busy machine is no server that is gone
    monkeypatch.setattr(store, "PAUSE", 0.1)


def train(results: Path, epochs: int, fit: tuple[str, str, str] = FIT) -> None:
    """A training that has come so far."""
    write_events(Layout(results).checkpoints(*fit) / "events.jsonl", events_of(fit, "a", epochs, ended=False))


def finish(results: Path, epochs: int) -> object:
    study = write_study(results, fits=(FIT,), epochs=epochs)
    shutil.rmtree(results / "checkpoints")
    return study


def runs_of(server):
    client = MlflowClient(tracking_uri=server.uri)
    runs = client.search_runs(["1"], f"tags.`{tags.STUDY}` = 'A study'")
    assert len(runs) < 3
    return client, {run.data.tags[tags.RUN]: run for run in runs}


def steps_of(client, run) -> list[int]:
    return [metric.step for metric in client.get_metric_history(run.info.run_id, "train/loss")]


def test_a_server_that_is_gone_for_a_while_loses_nothing_and_doubles_nothing(server, tmp_path, capsys, monkeypatch):
    study = LiveStudy(tmp_path, "A study", server.uri, "gliomanet")
    train(tmp_path, 2)
    assert study.send()
    client, runs = runs_of(server)
    assert runs["fold"].info.status == "RUNNING"
    assert steps_of(client, runs["fold"]) == [0, 1]

    server.end()
    train(tmp_path, 4)
    assert not study.send()
    assert not study.send()
    assert capsys.readouterr().out.count("does not answer; nothing is lost") == 1
    server.start()
    assert study.send()
    assert "answers again: 4 values sent" in capsys.readouterr().out
    assert steps_of(client, runs["fold"]) == [0, 1, 2, 3]

    # It hangs: the request is in its hands, and its answer does not come in time.
    os.killpg(server.process.pid, signal.SIGSTOP)
    try:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
        train(tmp_path, 5)
        assert not study.send()
    finally:
        os.killpg(server.process.pid, signal.SIGCONT)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")
    another = LiveStudy(tmp_path, "A study", server.uri, "gliomanet")  # and the sender was started anew
    assert another.send()
    assert steps_of(client, runs["fold"]) == [0, 1, 2, 3, 4]

    finished = finish(tmp_path, 6)
    imported = import_study(finished, uri=server.uri, experiment="gliomanet").runs
    _, after = runs_of(server)
    assert after["fold"].info.run_id == runs["fold"].info.run_id in set(imported["run_id"])
    assert steps_of(client, after["fold"]) == [0, 1, 2, 3, 4, 5]
    assert (after["fold"].info.status, after["model"].info.status) == ("FINISHED", "FINISHED")
    assert after["fold"].data.tags["mlflow.parentRunId"] == after["model"].info.run_id
    assert another.send()
    assert import_study(finished, uri=server.uri, experiment="gliomanet").runs["status"].tolist() == ["present"] * 2
    assert len(runs_of(server)[1]) == 2


def test_a_training_that_began_anew_is_another_run(server, tmp_path):
    fits = Layout(tmp_path).checkpoints(*FIT) / "events.jsonl"
    events = events_of(FIT, "z", 2, ended=False)
    write_events(fits, events)
    study = LiveStudy(tmp_path, "Begun anew", server.uri, "gliomanet")
    assert study.send()
    write_events(fits, [{**event, "time": event["time"] + 5000} if "time" in event else event for event in events])
    assert study.send()
    client = MlflowClient(tracking_uri=server.uri)
    runs = client.search_runs(["1"], f"tags.`{tags.STUDY}` = 'Begun anew'")
    assert [steps_of(client, run) for run in runs] == [[0, 1], [0, 1]]


def test_a_finished_training_is_ended_and_its_last_epochs_are_sent(server, tmp_path):
    study = LiveStudy(tmp_path, "Finished", server.uri, "gliomanet")
    train(tmp_path, 1)
    study.send()
    finish(tmp_path, 3)
    study.send()
    client = MlflowClient(tracking_uri=server.uri)
    key = live.live_key("Finished", live.origin_of(tmp_path), live.read_fold_run(Layout(tmp_path).model(*FIT).folder))
    (run,) = client.search_runs(["1"], f"tags.`{tags.LIVE}` = '{key}'")
    assert run.info.status == "FINISHED"
    assert steps_of(client, run) == [0, 1, 2]


def test_a_server_that_does_not_answer_is_said_with_what_to_do(tmp_path):
    study = write_study(tmp_path, fits=(FIT,))
    with pytest.raises(StudyStopError) as caught:
        import_study(study, uri="http://127.0.0.1:9", experiment="gliomanet")
    problem = caught.value.problem
    assert (problem.rule, problem.key) == ("no_tracking_server", "tracking_uri")
    assert "http://127.0.0.1:9" in problem.found
    assert "run the same command again" in problem.action


def test_artifacts_survive_a_move_of_the_folder(server, tmp_path):
    """The store is moved as a whole, and read back through a server that finds it where it is now."""
    before = server.database.parent / "elsewhere"
    before.mkdir()
    shutil.copy(server.database, before / "mlflow.db")
    study = write_study(tmp_path, settings=settings_of("Moved"))
    import_study(study, uri=f"sqlite:///{before}/mlflow.db", experiment="gliomanet")
    shutil.copy(before / "mlflow.db", server.database)
    shutil.copytree(before / "mlartifacts", server.database.parent / "mlartifacts", dirs_exist_ok=True)
    shutil.rmtree(before)
    client = MlflowClient(tracking_uri=server.uri)
    (run, _) = client.search_runs(["1"], f"tags.`{tags.RUN}` = 'model' and tags.`{tags.STUDY}` = 'Moved'")
    path = client.download_artifacts(run.info.run_id, "metrics.tsv", str(tmp_path))
    assert Path(path).read_bytes() == (tmp_path / "evaluation/metrics.tsv").read_bytes()
