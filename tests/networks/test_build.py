from typing import get_args

import pytest
import torch

from gliomanet.config.image_models import ImageModels, image_model
from gliomanet.models.arguments import network_arguments
from gliomanet.networks import IMAGE_NETWORKS, NETWORKS, build, network_class

TASKS = {"idh": 2}
every_image_network = pytest.mark.parametrize("name", IMAGE_NETWORKS)


def settings(name, **changes):
    return image_model(
        {"kind": name, "preset": "tiny"} | ({"tasks": ["idh"]} if name == "singletask" else {}) | changes
    )


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'resnet'; known: cmtlnet, gmmas, mttunet, psnet, singletask, tabular_net"):
        build("resnet", tasks=TASKS)


def test_the_configuration_knows_every_network():
    from gliomanet.config.models import Model

    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(Model)[0])}
    assert set(NETWORKS) <= kinds


@every_image_network
@pytest.mark.parametrize("modalities", [("t1c", "flair"), 2])
def test_one_way_in_for_every_network_on_images(name, modalities):
    network = build(name, preset="tiny", modalities=modalities, tasks=TASKS, dropout=0.5)
    assert isinstance(network, network_class(name))
    assert network.n_modalities == 2
    assert list(network.heads()) == ["idh"]
    x = torch.zeros(2, 2 + network.PROMPT_CHANNELS, 32, 32, 32)
    outputs = network(x, torch.ones(2, 2, dtype=torch.bool))
    assert outputs.logits["idh"].shape == (2, 2)
    assert getattr(outputs, "segmentation", None) is None


@pytest.mark.parametrize(("name", "regions"), [("gmmas", 3), ("mttunet", 3), ("psnet", 1)])
def test_segmentation_is_one_word(name, regions):
    network = build(name, preset="tiny", modalities=1, tasks={}, segmentation=True)
    assert network(torch.zeros(1, 1, 32, 32, 32), torch.ones(1, 1, dtype=torch.bool)).segmentation.shape[1] == regions
    assert len(network.REGIONS) == regions


@every_image_network
def test_settings_and_network_agree(name):
    model = settings(name)
    network = build(name, **network_arguments(model, TASKS))
    assert isinstance(network, network_class(name))
    assert name == network.NAME
    assert model.stride == network.STRIDE
    assert bool(network.REGIONS) == hasattr(model, "segmentation")


@every_image_network
def test_the_smallest_input_of_the_settings_is_one_of_the_network(name):
    side = max(type(settings(name)).stride, type(settings(name)).smallest)
    model = settings(name, input_shape=[side] * 3)
    network, modalities = build(name, **network_arguments(model, TASKS)).eval(), len(model.modalities)
    x = torch.zeros(1, modalities + network.PROMPT_CHANNELS, *model.input_shape)
    assert torch.isfinite(network(x, torch.ones(1, modalities, dtype=torch.bool)).logits["idh"]).all()


def test_every_kind_of_the_configuration_that_takes_images_is_there():
    assert {model.model_fields["kind"].default for model in get_args(ImageModels)} == set(IMAGE_NETWORKS)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("psnet", {"modalities": 2}, "psnet needs preset as well; it takes n_modalities, tasks, segmentation, preset"),
        ("psnet", {"preset": "tiny"}, "psnet needs n_modalities as well"),
        ("gmmas", {"preset": "tiny", "modalities": 2, "depth": 3}, "gmmas takes no depth; it takes n_modalities"),
        ("cmtlnet", {"preset": "tiny", "modalities": 2, "segmentation": True}, "cmtlnet takes no segmentation"),
        ("singletask", {"preset": "tiny", "modalities": 2, "segmentation": True}, "singletask takes no segmentation"),
        ("tabular_net", {"modalities": 2, "n_features": 3}, "tabular_net takes no n_modalities; it takes n_features"),
        ("psnet", {"modalities": 2, "n_modalities": 2}, "psnet: give modalities or n_modalities, not both"),
        ("psnet", {"modalities": ("t1", "t1")}, "it must be a list that names each modality once"),
        ("psnet", {"modalities": "t1"}, "psnet has modalities='t1'; it must be a list"),
        ("psnet", {"preset": "tiny", "modalities": ()}, "psnet needs at least one modality"),
    ],
)
def test_arguments_that_make_no_network_are_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(name, tasks=TASKS, **arguments)
