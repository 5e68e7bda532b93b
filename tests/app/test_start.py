"""Starts that are refused: each for one reason, which is told by its rule."""

import os
import socket
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from gliomanet.app import study_cases
from gliomanet.app.security.token import new_token
from gliomanet.app.server import create_app
from gliomanet.app.settings import AppSettings, Limits
from gliomanet.app.start import BUILT, check_built, checked, listening
from gliomanet.app.store.cases import Store
from gliomanet.app.store.record import Asked
from gliomanet.cli.main import app
from gliomanet.errors import ModelError, ProblemError
from gliomanet.files.digests import sha256
from gliomanet.layout import Layout
from tests.app.servers import free_port, unopened


def _rule(error: pytest.ExceptionInfo[ProblemError]) -> str:
    return error.value.problem.rule


@pytest.mark.parametrize("missing", BUILT)
def test_without_a_script_of_its_pages(tmp_path: Path, missing: str) -> None:
    for name in BUILT:
        (tmp_path / name).touch()
    check_built(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(ProblemError) as error:
        check_built(tmp_path)
    assert _rule(error) == "scripts_not_built"
    assert missing in error.value.problem.found


def test_every_page_s_scripts_are_looked_for() -> None:
    import gliomanet.app

    code = "".join(path.read_text() for path in Path(gliomanet.app.__file__).parent.rglob("*.py"))
    assert all(f'"{name}"' in code for name in BUILT)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_a_port_in_use(host: str) -> None:
    with listening(host, 0) as held:
        with pytest.raises(ProblemError) as error:
            listening(host, held.getsockname()[1])
        assert _rule(error) == "port_in_use"
        assert str(held.getsockname()[1]) in error.value.problem.found


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "host.invalid"])
def test_on_an_address_of_another_machine(host: str) -> None:
    with pytest.raises(ProblemError) as error:
        listening(host, 0)
    assert _rule(error) == "no_such_address"


def test_a_port_is_free_again_after_its_socket_is_closed() -> None:
    with listening("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            pass
    listening("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("missing", "no_bundle"),
        ("empty", "no_bundle"),
        ("file", "no_bundle"),
        ("foreign", "bundle_of_another_version"),
    ],
)
def test_with_what_is_no_bundle(tmp_path: Path, kind: str, rule: str) -> None:
    folder = tmp_path / "bundle"
    if kind == "file":
        folder.write_text("bundle")
    elif kind != "missing":
        folder.mkdir()
    if kind == "foreign":
        (folder / "bundle.json").write_text('{"name": "of another program"}')
    with pytest.raises(ModelError) as error:
        checked(folder)
    assert [one.rule for one in error.value.problems] == [rule]


def test_on_a_store_that_another_server_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gliomanet.app.server.checked", unopened)
    store = Store(tmp_path / "store")
    with pytest.raises(ProblemError) as error:
        create_app(AppSettings(bundle=tmp_path / "bundle", store=tmp_path / "store"))
    assert _rule(error) == "store_in_use"
    store.close()


@pytest.mark.parametrize("path", ["file", "file/below", "/proc/gliomanet"])
def test_on_a_store_that_no_folder_can_be(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProblemError) as error:
        Store(tmp_path / path)
    assert _rule(error) == "store_not_writable"


def test_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gliomanet.app.server.checked", unopened)
    monkeypatch.setattr("gliomanet.app.start.free_bytes", lambda _: 1000)
    settings = AppSettings(bundle=tmp_path / "bundle", store=tmp_path / "store")
    with pytest.raises(ProblemError) as error:
        create_app(settings)
    assert _rule(error) == "disk_full_at_start"
    store = Store(tmp_path / "store")
    store.create(store.begin()[0], Asked())
    store.close()
    create_app(settings).state.store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_on_a_store_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ProblemError) as error:
        Store(tmp_path)
    assert _rule(error) == "store_not_writable"


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0},
        {"workers": 100_000},
        {"threads": -1},
        {"expire_days": float("nan")},
        {"expire_days": float("inf")},
        {"expire_days": 1e9},
        {"limits": Limits(seconds=float("nan"))},
        {"limits": Limits(memory_bytes=float("inf"))},  # type: ignore[arg-type]
    ],
)
def test_with_a_number_that_is_none(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as error:
        AppSettings(bundle=tmp_path / "bundle", store=tmp_path / "store", **wrong)
    assert _rule(error) == "number_not_allowed"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0:0::0", "0", ""])
def test_on_every_address_without_a_name(tmp_path: Path, host: str) -> None:
    with pytest.raises(ProblemError) as error:
        AppSettings(bundle=tmp_path / "bundle", store=tmp_path / "store", host=host, token=new_token())
    assert _rule(error) == "no_name"


@pytest.mark.parametrize("name", ["http://hospital.example", "hospital.example:8000", "", "a b", "0.0.0.0"])
def test_with_a_name_that_no_browser_sends(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProblemError) as error:
        AppSettings(bundle=tmp_path / "bundle", store=tmp_path / "store", names=(name,), token=new_token())
    assert _rule(error) == "name_not_allowed"


@pytest.mark.parametrize(
    ("bundle", "study", "store", "rule"),
    [
        ("b", None, "b/store", "store_within_bundle"),
        ("store/b", None, "store", "store_within_bundle"),
        ("b", None, "c/../b", "store_within_bundle"),
        ("b", "results", "results/app", "store_within_study"),
        ("b", "store/results", "store", "store_within_study"),
    ],
)
def test_with_a_store_that_is_also_another_thing(
    tmp_path: Path, bundle: str, study: str | None, store: str, rule: str
) -> None:
    with pytest.raises(ProblemError) as error:
        AppSettings(bundle=tmp_path / bundle, study=study and tmp_path / study, store=tmp_path / store)  # type: ignore
    assert _rule(error) == rule


def test_with_a_study_that_is_not_the_bundle_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study.json").write_text("{}")
    monkeypatch.setattr(study_cases, "_root", lambda results: results)
    monkeypatch.setattr(study_cases, "read_table", lambda path: pd.DataFrame())
    table = Layout(tmp_path).cases()
    table.parent.mkdir(parents=True, exist_ok=True)
    table.touch()
    study_cases.StudyCases(tmp_path, sha256(tmp_path / "study.json"))
    with pytest.raises(ProblemError) as error:
        study_cases.StudyCases(tmp_path, "0" * 64)
    assert _rule(error) == "another_study"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--memory", "inf"], 2),
        (["--minutes", "nan"], 2),
        (["--expire-days", "inf"], 2),
        (["--workers", "0"], 2),
        (["--port", "70000"], 2),
        (["--host", "0.0.0.0"], 1),
        (["--name", "http://hospital.example"], 1),
        (["--store", "bundle/store"], 1),
        (["--endpoint", "http://127.0.0.1:1/v1"], 2),
        ([], 1),
    ],
)
def test_the_command_says_it_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], status: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gliomanet.app.start.check_built", lambda: None)
    told = CliRunner().invoke(
        app, ["serve", "--bundle", "bundle", "--store", "store", "--port", str(free_port()), *options]
    )
    assert told.exit_code == status
    assert isinstance(told.exception, SystemExit)
    assert "Traceback" not in told.output
