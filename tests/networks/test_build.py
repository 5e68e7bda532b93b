from typing import get_args

import pytest

from gliomanet.networks import NETWORKS, build


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'resnet'; known: cmtlnet, tabular_net"):
        build("resnet")


def test_the_configuration_knows_every_network():
    from gliomanet.study_models import Model

    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(Model)[0])}
    assert set(NETWORKS) <= kinds
