"""A tracking server's password is in no text, and a user without a name has an origin."""

import getpass

import pytest
from mlflow.exceptions import MlflowException
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.config.tracking import tracking_uri, without_password
from gliomanet.errors import ProblemError, StudyStopError
from gliomanet.tracking.live import LiveStudy
from gliomanet.tracking.store import persistently
from gliomanet.tracking.tracked_study import origin_of
from tests.tracking.studies import write_study

SERVER = "http://ann:secret@127.0.0.1:9"


def gone():
    raise MlflowException(f"API request to {SERVER}/api failed: Max retries for {SERVER}")


def test_a_server_that_does_not_answer_is_named_without_its_password(capsys):
    with pytest.raises(StudyStopError) as caught:
        persistently(gone, SERVER, attempts=2, pause=0)
    told = f"{caught.value.problem.found} {capsys.readouterr().out}"
    assert "http://127.0.0.1:9" in told
    assert "secret" not in told


def test_live_curves_name_the_server_without_its_password(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(LiveStudy, "_fits", lambda study: gone())
    assert not LiveStudy(tmp_path, "A study", SERVER, "gliomanet").send()
    told = capsys.readouterr().out
    assert "http://127.0.0.1:9 does not answer" in told
    assert "secret" not in told


def test_the_command_names_the_server_without_its_password(tmp_path, monkeypatch):
    monkeypatch.setattr("gliomanet.tracking.store.PAUSE", 0)
    write_study(tmp_path)
    done = CliRunner().invoke(app, ["track", str(tmp_path), "--to", SERVER])
    assert done.exit_code == 1
    assert "127.0.0.1:9" in done.output
    assert "secret" not in done.output


def test_an_address_that_is_refused_is_told_without_its_password():
    with pytest.raises(ProblemError) as caught:
        tracking_uri("ftp://ann:secret@runs.example")
    assert "ftp://runs.example" in caught.value.problem.found
    assert "secret" not in str(caught.value)


def test_a_path_with_a_sign_is_no_password():
    assert without_password("sqlite:////data/a:b@c/runs.db") == "sqlite:////data/a:b@c/runs.db"


def test_a_user_whom_the_system_does_not_know_has_an_origin(tmp_path, monkeypatch):
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert origin_of(tmp_path) == origin_of(tmp_path)
