"""The kinds of sources: adding one takes a settings model in `config/sources.py`, a file here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gliomanet.cohort.sources.collection import Collection
from gliomanet.cohort.sources.dicom import Dicom
from gliomanet.cohort.sources.features import Features
from gliomanet.cohort.sources.phantom import Phantom
from gliomanet.cohort.sources.predictions import Predictions
from gliomanet.cohort.sources.source import CenterRequest, Settings, Source
from gliomanet.cohort.sources.table import Table
from gliomanet.config.sources import (
    CollectionSource,
    DicomSource,
    FeatureSource,
    PhantomSource,
    PredictionsSource,
    SourceSettings,
    TableSource,
)

SOURCES: Mapping[type[SourceSettings], type[Source[Any]]] = {
    PhantomSource: Phantom,
    TableSource: Table,
    FeatureSource: Features,
    CollectionSource: Collection,
    DicomSource: Dicom,
    PredictionsSource: Predictions,
}
"""Settings of a kind → its source. Their modules import pandas only where a table is read."""


def source_of(center: CenterRequest[Settings]) -> Source[Settings]:
    """The source of a centre."""
    return SOURCES[type(center.settings)](center)
