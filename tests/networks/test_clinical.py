"""Clinical data at the last layers of the networks on images."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.networks import IMAGE_NETWORKS, build
from gliomanet.networks.outputs import TaskOutputs
from gliomanet.training.data.augmentation import drop_clinical
from gliomanet.training.data.batches import Batch, CaseImages, ImageCases
from gliomanet.training.losses.distillation import with_reduced_cases
from gliomanet.training.run.clinical_start import start_clinical

TASKS = {
    "idh": DEFAULT_TASKS["idh"],
    "grade": Task(label="grade", classes={"2": ("2",), "3": ("3",), "4": ("4",)}),
}
CLASSES = {"idh": 2, "grade": 3}
UNKNOWN = float("nan")


def network(kind="psnet", clinical=2, tasks=CLASSES):
    torch.manual_seed(0)
    return build(kind, n_modalities=2, tasks=tasks, preset="tiny", clinical=clinical).eval()


def patients(n=90):
    draws = np.random.default_rng(0)
    labels = np.stack([draws.integers(0, 2, n), draws.integers(0, 3, n)], axis=1)
    values = np.stack([60 - 12 * labels[:, 0] + draws.normal(0, 8, n), draws.integers(0, 2, n)], axis=1)
    values[::9, 0] = np.nan
    labels[::7, 0] = MISSING
    empty = np.zeros((0, 0, 0, 0), np.float16), np.zeros((0, 0, 0), np.bool_), None, np.ones(2, np.bool_)
    images = tuple(CaseImages(f"P-{number}", *empty, (0, 0, 0), (1.0, 1.0, 1.0), False) for number in range(n))
    return ImageCases(images, labels, "", values.astype(np.float32))


def started(cases, **changes):
    made = network(**changes)
    start_clinical(made, cases, {task: TASKS[task] for task in made.clinical.heads.tasks})
    return made


def empty(n, size):
    return TaskOutputs({t: torch.zeros(n, k) for t, k in CLASSES.items()}, {t: torch.zeros(n, size) for t in CLASSES})


@pytest.mark.parametrize("kind", IMAGE_NETWORKS)
def test_every_network_takes_clinical_data_and_keeps_its_first_weights(kind):
    tasks = {"idh": 2} if kind == "singletask" else CLASSES
    plain, given = network(kind, 0, tasks), network(kind, 2, tasks)
    ours = given.state_dict()
    assert all(torch.equal(value, ours[name]) for name, value in plain.state_dict().items())
    assert {name.partition(".")[0] for name in ours.keys() - plain.state_dict().keys()} == {"clinical"}
    for task, (weight, bias) in given.heads().items():
        assert weight.shape == (tasks[task], given.deep_feature_size + 2)
        assert bias.shape == (tasks[task],)


def test_networks_on_features_take_none():
    with pytest.raises(ValueError, match="tabular_net takes no clinical"):
        build("tabular_net", tasks={"idh": 2}, n_features=3, hidden=(4,), dropout=0.0, clinical=2)


def test_a_network_starts_as_the_logistic_regression_of_its_training_cases():
    cases = patients()
    made = started(cases)
    known = np.isfinite(cases.clinical[:, 0])
    mean, std = np.nanmean(cases.clinical, axis=0), np.nanstd(cases.clinical, axis=0)
    x = np.nan_to_num((cases.clinical - mean) / std)
    added = made.with_clinical(empty(len(x), made.deep_feature_size), torch.from_numpy(cases.clinical))
    for column, task in enumerate(TASKS):
        target = cases.labels[:, column]
        expected = RidgeLogistic(1.0).fit(x[target >= 0], target[target >= 0]).predict_proba(x)
        found = F.softmax(added.logits[task].detach(), dim=1).numpy()
        np.testing.assert_allclose(found[known], expected[known], rtol=1e-4)


def test_a_patient_of_whom_nothing_is_known_is_the_images_alone():
    made = started(patients())
    added = made.with_clinical(empty(1, made.deep_feature_size), torch.tensor([[UNKNOWN, UNKNOWN]]))
    for task, classes in CLASSES.items():
        np.testing.assert_allclose(F.softmax(added.logits[task].detach(), dim=1), 1 / classes, atol=1e-5)
        head = made.clinical.heads[task]
        assert torch.equal(added.features[task][0, -2:], head.unknown)


def test_what_stands_for_the_unknown_is_learnt_by_those_who_lack_it_alone():
    made = started(patients())
    values = torch.tensor([[50.0, 1.0], [UNKNOWN, 0.0]])
    made.with_clinical(empty(2, made.deep_feature_size), values).logits["idh"][:, 1].sum().backward()
    gradient = made.clinical.heads["idh"].unknown.grad
    assert gradient[0] != 0
    assert gradient[1] == 0
    assert torch.isfinite(made.clinical.heads["idh"].weight.grad).all()


def test_a_class_without_known_clinical_data_starts_from_nothing(capsys):
    cases = patients()
    cases.clinical[cases.labels[:, 0] == 1] = np.nan
    made = started(cases)
    assert not made.clinical.heads["idh"].weight.any()
    assert made.clinical.heads["grade"].weight.any()
    assert capsys.readouterr().out.startswith(
        "task idh: clinical data are known of no labelled training case of a class"
    )


def test_pseudo_labels_do_not_move_the_first_weights():
    cases = patients()
    measured = cases.labels.copy()
    measured[60:] = MISSING  # a centre without labels, of other ages
    measured[:20, 1] = MISSING  # and a label that some of the others lack
    cases.clinical[60:, 0] += 25
    few = ImageCases(cases.images[:60], measured[:60], "", cases.clinical[:60])
    of_both = started(replace(cases, measured=measured)).clinical.state_dict()
    assert all(torch.equal(value, of_both[name]) for name, value in started(few).clinical.state_dict().items())
    assert not torch.equal(started(cases).clinical.state_dict()["mean"], of_both["mean"])


def test_values_that_are_equal_in_all_cases_are_no_division_by_zero():
    cases = patients()
    cases.clinical[:, 1] = 1
    cases.clinical[:, 0] = np.nan
    made = started(cases)
    assert torch.equal(made.clinical.std, torch.ones(2))
    assert all(torch.isfinite(value).all() for value in made.clinical.state_dict().values())


def test_dropped_clinical_data_are_a_seeded_share_of_whole_cases():
    values = torch.rand(4000, 2)
    dropped = drop_clinical(values, 0.3, 5)
    gone = dropped.isnan()
    assert torch.equal(gone[:, 0], gone[:, 1])
    assert 0.27 < gone[:, 0].float().mean() < 0.33
    assert torch.equal(dropped[~gone], values[~gone])
    assert torch.equal(drop_clinical(values, 0.3, 5).isnan(), gone)
    assert torch.equal(drop_clinical(values, 0.0, 5), values)


def test_parts_and_views_of_a_batch_keep_each_cases_clinical_data():
    image, masks = torch.zeros(3, 2, 4, 4, 4), torch.ones(3, 2, 4, 4, 4)
    values = torch.arange(3.0)[:, None]
    flags, labels = torch.ones(3, 2, dtype=torch.bool), torch.arange(3)[:, None]
    both = with_reduced_cases(Batch(image, masks, flags, labels, 0, clinical=values), 0.5, 1)
    for part in both.parts(2):
        assert torch.equal(part.clinical, part.labels.float())
