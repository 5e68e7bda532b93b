"""`model.json`: what is written is read, and what does not fit is refused with its file and its key."""

import json
import subprocess
import sys

import pytest

from gliomanet.errors import ModelError
from gliomanet.models.artifact import ImageModelDescription, ModelDescription, TabularModelDescription
from gliomanet.models.nyul import CommonHistogram
from tests.descriptions import image_description, tabular_description, write_description

HISTOGRAMS = {"t1c": CommonHistogram((25.0, 75.0), (-0.1, 1 / 3))}
COMBAT = {"method": "combat", "centers": ("A", "B"), "features": 2, "note": "C cannot be harmonised."}


@pytest.mark.parametrize(
    "description",
    [
        image_description(),
        image_description(
            geometry={"intensities": "nyul", "histograms": HISTOGRAMS}, missing={"modality_dropout": 0.3}
        ),
        tabular_description(),
        tabular_description(harmonization=COMBAT),
    ],
    ids=["image", "nyul", "tabular", "combat"],
)
def test_what_is_written_is_read(tmp_path, description):
    path = write_description(tmp_path, description)
    assert ModelDescription.read(path) == description
    assert type(description).read(path) == description
    assert json.loads(path.read_text()) == json.loads(json.dumps(description.values()))


def changed(description, change):
    values = description.values()
    change(values)
    return values


@pytest.mark.parametrize(
    ("description", "change", "key", "found"),
    [
        (image_description(), lambda v: v.update(kept=1), "kept", "unknown key"),
        (image_description(), lambda v: v["input"].update(depth=1), "input.depth", "unknown key"),
        (image_description(), lambda v: v.pop("digest"), "digest", "missing key"),
        (image_description(), lambda v: v["input"].pop("grid"), "input.grid", "missing key"),
        (image_description(), lambda v: v.pop("takes"), "takes", "missing key"),
        (tabular_description(), lambda v: v.pop("features"), "features", "missing key"),
        (tabular_description(), lambda v: v["harmonization"].update(method="z"), "harmonization", None),
        (image_description(), lambda v: v["input"].update(shape=[32, 32]), "input.shape.2", "missing key"),
        (image_description(), lambda v: v.update(seed="one"), "seed", None),
    ],
)
def test_another_schema_is_refused_with_file_and_key(tmp_path, description, change, key, found):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(changed(description, change)))
    with pytest.raises(ModelError) as refused:
        ModelDescription.read(path)
    (problem,) = refused.value.problems
    assert (problem.file, problem.key) == (str(path), key)
    assert found is None or problem.found == found


def test_every_problem_is_named_at_once(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(changed(tabular_description(), lambda v: (v.pop("seed"), v.update(kept=1)))))
    with pytest.raises(ModelError) as refused:
        ModelDescription.read(path)
    assert sorted(problem.key for problem in refused.value.problems) == ["kept", "seed"]


def test_the_other_kind_of_model_is_refused(tmp_path):
    path = write_description(tmp_path, tabular_description())
    with pytest.raises(ModelError) as refused:
        ImageModelDescription.read(path)
    (problem,) = refused.value.problems
    assert (problem.file, problem.key) == (str(path), "takes")
    assert "'logistic', which takes features, not images" in problem.found
    assert TabularModelDescription.read(path).kind == "logistic"


@pytest.mark.parametrize("text", [None, "{", "[1]"])
def test_a_file_that_is_no_description_is_named(tmp_path, text):
    path = tmp_path / "model.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ModelError) as refused:
        ModelDescription.read(path)
    assert [problem.file for problem in refused.value.problems] == [str(path)]


def test_a_description_is_read_without_torch(repository):
    script = "import sys, gliomanet.models.artifact; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(repository / "src")}, check=True)
