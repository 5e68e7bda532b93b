"""The models of a study, by their kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel, StackModel, TabularNetModel
from gliomanet.config.image_models import ImageModels

Model = Annotated[
    ImageModels | TabularNetModel | LogisticModel | ExtraTreesModel | StackModel,
    Field(discriminator="kind"),
]
