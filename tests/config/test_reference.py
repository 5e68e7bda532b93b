"""What is generated from the configuration's models is what is in the repository."""

from __future__ import annotations

import json

import yaml

from gliomanet.config import reference as study_reference
from gliomanet.config.load import load_study
from gliomanet.config.study import Study


def test_the_schema_is_current(repository):
    assert (repository / "workflow/schemas/study.schema.json").read_text() == study_reference.schema(), "make reference"


def test_the_defaults_are_current_and_are_the_defaults(repository):
    text = (repository / "workflow/schemas/defaults.yaml").read_text()
    assert text == study_reference.defaults(), "make reference"
    required = {
        "centers": {"A": {"role": "train", "source": {"kind": "phantom", "cases": 1}}},
        "models": {"m": {"kind": "logistic"}},
    }
    assert load_study({**yaml.safe_load(text), **required}) == load_study(required)


def test_the_key_table_is_current(repository):
    page = (repository / "config/README.md").read_text()
    assert study_reference.with_key_table(page) == page, "make reference"


def test_the_key_table_names_nested_keys():
    table = study_reference.key_table()
    assert "| `centers.<name>.source(phantom).cases` | int | required |" in table
    assert "| `seed` | int | `1` |" in table


def test_the_schema_accepts_the_shipped_study(repository):
    assert set(json.loads(study_reference.schema())["properties"]) == set(Study.model_fields)
