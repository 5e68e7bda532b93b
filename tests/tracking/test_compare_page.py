"""The page between the report and MLflow."""

from pathlib import Path

import pytest

from gliomanet.tracking.compare_page import server_command, write_compare_page

LINKS = {"idh": "http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=best-idh"}


def test_a_file_s_page_says_how_mlflow_is_started(tmp_path):
    write_compare_page(LINKS, "sqlite:///my results/mlflow.db", tmp_path / "tracking/compare.html")
    page = (tmp_path / "tracking/compare.html").read_text(encoding="utf-8")
    assert f'<a id="idh" href="{LINKS["idh"].replace("&", "&amp;")}">' in page
    assert f"mlflow ui --backend-store-uri &#x27;sqlite:///{Path.cwd()}/my results/mlflow.db&#x27;" in page


def test_a_server_s_page_names_the_server(tmp_path):
    write_compare_page(LINKS, "http://127.0.0.1:5000", tmp_path / "compare.html")
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "the server http://127.0.0.1:5000 does not answer" in page
    assert "mlflow ui" not in page


@pytest.mark.parametrize("uri", ["sqlite:///results/mlflow.db", "sqlite:////data/shared/mlflow.db"])
def test_the_command_names_the_files_beside_the_store(uri):
    folder = Path.cwd() / uri.removeprefix("sqlite:///").removesuffix("/mlflow.db")
    assert (
        server_command(uri)
        == f"mlflow ui --backend-store-uri sqlite:///{folder}/mlflow.db --artifacts-destination {folder}/mlartifacts"
    )
