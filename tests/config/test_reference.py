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


def test_every_key_stands_on_the_page_of_its_section():
    pages = study_reference.section_pages()
    sections = [key for key in Study.model_fields if f"{key}.md" in pages]
    assert list(pages) == ["study.md", *(f"{section}.md" for section in sections)]
    assert "| `seed` | int | `1` | ≥ 0 | Root of every seed" in pages["study.md"]
    assert "## `centers.<name>.source`, kind `phantom`\n" in pages["centers.md"]
    assert "| `role` | str | required | `train`, `external`, `unlabelled` |" in pages["centers.md"]
    assert "| `shap_fraction` | float | `0.8` | ≥ 0, ≤ 1 | Share of the mean \\|SHAP\\| " in pages["explanation.md"]
    for key, _ in study_reference.fields_of(Study):
        section, last = key.split(".")[0], key.split(".")[-1]
        page = pages[f"{section}.md" if section in sections else "study.md"]
        assert f"| `{last}` |" in page or key in sections, key
