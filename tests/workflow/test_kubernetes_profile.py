"""The profile for Kubernetes: its keys are options, its paths are one folder; with the plugins there, the engine's own dry run.

The plugins are no part of the lock. Where they are missing, keys are compared with those of the version that the
documentation names.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser

from tests.workflow.conftest import study

PLUGINS = ("snakemake_executor_plugin_kubernetes", "snakemake_storage_plugin_fs")
SETTINGS = {"namespace", "cpu-scalar", "service-account-name", "privileged", "persistent-volumes", "omit-job-cleanup"}
"""Of the executor's version 0.5.1, read from its `ExecutorSettings`."""


@pytest.fixture
def profile(repository: Path) -> dict:
    return yaml.safe_load((repository / "workflow/profiles/kubernetes/config.yaml").read_text())


def test_every_key_is_an_option(profile):
    options = {option for action in get_argument_parser()._actions for option in action.option_strings}
    of_plugin = {f"kubernetes-{name}" for name in SETTINGS}
    assert [key for key in profile if f"--{key}" not in options and key not in of_plugin] == []


def test_claim_storage_and_links_name_one_folder(profile):
    (volume,) = profile["kubernetes-persistent-volumes"]
    folder = profile["default-storage-prefix"]
    assert volume.split(":")[1] == folder
    assert re.findall(r"ln -sfn (\S+)/(\w+) (\w+)", profile["precommand"]) == [
        (folder, name, name) for name in ("src", "results", "data")
    ]


def test_gpus_are_limits_of_a_maker(profile):
    """The executor stops at a job with a GPU and no maker, and Kubernetes gives a GPU to a limit only."""
    assert profile["default-resources"]["gpu_manufacturer"] in ("nvidia", "amd")
    assert profile["default-resources"]["scale"] == 0


def test_the_documentation_names_the_plugins_versions(repository: Path):
    text = (repository / "docs/your-study/kubernetes.md").read_text()
    assert 'EXTRA="snakemake-executor-plugin-kubernetes==0.5.1 snakemake-storage-plugin-fs==1.1.3"' in text


@pytest.mark.skipif(
    any(importlib.util.find_spec(plugin) is None for plugin in PLUGINS),
    reason="the plugins of Kubernetes are not installed: pip install snakemake-executor-plugin-kubernetes snakemake-storage-plugin-fs",
)
def test_the_engine_plans_a_study_by_it(snakemake, repository: Path, tmp_path: Path):
    options = ["--profile", str(repository / "workflow/profiles/kubernetes"), "--default-storage-prefix", str(tmp_path)]
    run = snakemake(study(), "-n", *options)
    assert run.status == 0, run.text
    assert {job.resources["gpu"] for job in run.of("train_image")} == {1}
    assert {job.resources["scale"] for job in run.jobs} == {0}
