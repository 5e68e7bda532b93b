"""What a bundle says in other people's forms: Hugging Face's front matter, MONAI's metadata; neither is read here."""

from __future__ import annotations

import json

import pytest
import yaml

from gliomanet.bundle.external import ExternalMetric
from gliomanet.bundle.read import Bundle
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.release import card
from gliomanet.release.chosen import Chosen
from gliomanet.release.monai import METADATA, metadata

REQUIRED = {"version", "changelog", "monai_version", "pytorch_version", "numpy_version", "required_packages_version"}
REQUIRED |= {"schema", "task", "description", "authors", "copyright", "network_data_format"}
OPTIONAL = {"data_source", "data_type", "image_classes", "label_classes", "pred_classes", "eval_metrics"}
OPTIONAL |= {"intended_use", "references"}
OF_A_TENSOR = {"type", "format", "num_channels", "spatial_shape", "dtype", "value_range", "is_patch_data"}
"""Keys of the bundle schema of 2024-07-25."""


def metric(value: float, name: str = "auc", model: str = "stack") -> ExternalMetric:
    facts = {"center": "X", "task": "idh", "metric": name, "model": model, "reference": False}
    return ExternalMetric.model_validate(
        facts | {"value": value, "low": None, "high": None, "n": 9, "n_positive": 4, "note": ""}
    )


@pytest.fixture
def chosen(tiny_study) -> Chosen:
    return Chosen.find(FinishedStudy.find(tiny_study.layout.results), "stack", None)


def test_metadata_has_the_keys_of_the_schema_and_the_network_s_own_input(stack_bundle):
    bundle = Bundle.open(stack_bundle)
    values = json.loads((stack_bundle / METADATA).read_text())
    assert METADATA in bundle.description.files
    assert set(values) >= REQUIRED
    assert set(values) <= REQUIRED | OPTIONAL
    assert list(values["network_data_format"]) == ["net"]
    image = values["network_data_format"]["net"]["inputs"]["image"]
    assert set(image) >= OF_A_TENSOR | {"modality", "channel_def"}
    assert (image["num_channels"], image["channel_def"]) == (2, {"0": "t1c", "1": "flair"})
    idh = values["network_data_format"]["net"]["outputs"]["idh"]
    assert idh["channel_def"] == {"0": "wildtype", "1": "mutant"}
    assert not (stack_bundle / "configs/inference.json").exists()


def test_metrics_of_external_centres_stand_in_both(chosen, stack_bundle, monkeypatch):
    rows = (metric(0.8123), metric(0.5, model="age"), metric(0.4, "mcc_at_threshold"))
    monkeypatch.setattr(card, "external_metrics", lambda of: rows)
    description = Bundle.open(stack_bundle).description
    front = yaml.safe_load(card.model_card(chosen, description).split("---")[1])
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "gliomanet"
    (result,) = front["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "roc_auc", "name": "auc", "value": 0.8123}]
    assert "simulated-patients" in front["tags"]
    found = metadata(chosen, description, rows)["eval_metrics"]
    assert found == {"X idh auc": 0.8123, "X idh mcc_at_threshold": 0.4}


def test_a_study_that_was_tested_nowhere_has_no_results_in_the_front_matter(chosen, stack_bundle, monkeypatch):
    monkeypatch.setattr(card, "external_metrics", lambda of: None)
    front = yaml.safe_load(card.model_card(chosen, Bundle.open(stack_bundle).description).split("---")[1])
    assert "model-index" not in front
