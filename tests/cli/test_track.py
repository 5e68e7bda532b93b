"""`gliomanet track`: studies with stores of their own in one."""

from mlflow.tracking import MlflowClient
from typer.testing import CliRunner

from gliomanet.cli.main import app
from tests.tracking.studies import settings_of, write_study


def test_studies_of_several_folders_come_into_one_store(tmp_path):
    fits = (("net", "supervised", "0"),)
    for title in ("One", "Two"):
        write_study(tmp_path / title, settings=settings_of(title), fits=fits)
    uri = f"sqlite:///{tmp_path}/shared/mlflow.db"
    given = ["track", str(tmp_path / "One"), str(tmp_path / "Two"), "--to", uri, "--experiment", "lab"]
    said = CliRunner().invoke(app, given)
    assert said.exit_code == 0, said.output
    assert said.output.count("2 runs added") == 2
    assert f"--artifacts-destination {tmp_path}/shared/mlartifacts" in said.output
    assert "viewStateShareKey=best-idh" in said.output
    client = MlflowClient(tracking_uri=uri)
    runs = client.search_runs([client.get_experiment_by_name("lab").experiment_id])
    assert sorted({run.data.tags["gliomanet.study"] for run in runs}) == ["One", "Two"]
    assert CliRunner().invoke(app, given).output.count("2 runs there already") == 2
