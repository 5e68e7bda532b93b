"""Tables of radiomic features: one order of columns, and one row per case for the models."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from gliomanet.modalities import MODALITIES

KEYS = ("case_id", "region")
_SOURCES = ("mask", *MODALITIES)
_FAMILIES = ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")


def center_table(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The cases' tables as one, sorted by case and region; features that a case lacks are empty.

    Columns: `case_id`, `region`, then features by source (mask, then modalities), family and name, so that the table
    does not depend on which case came first.
    """
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(KEYS))
    table = pd.concat(filled, ignore_index=True)
    features = sorted((column for column in table.columns if column not in KEYS), key=_place)
    return table[[*KEYS, *features]].sort_values(list(KEYS), ignore_index=True)


def wide_features(features: pd.DataFrame) -> pd.DataFrame:
    """One row per case: `case_id` and features, `<region>_<feature>` where the table holds more than one region.

    Raises:
        ValueError: a case and region in two rows.
    """
    if features.duplicated(list(KEYS)).any():
        twice = features.loc[features.duplicated(list(KEYS)), list(KEYS)].astype(str).agg(" ".join, axis=1)
        raise ValueError(f"the radiomics table holds several rows of {', '.join(twice[:5])}; a case has one per region")
    regions = sorted(features["region"].unique())
    if len(regions) < 2:
        only: pd.DataFrame = features.drop(columns="region")
        return only.sort_values("case_id", ignore_index=True)
    blocks = [
        features[features["region"] == region].drop(columns="region").set_index("case_id").add_prefix(f"{region}_")
        for region in regions
    ]
    wide: pd.DataFrame = pd.concat(blocks, axis=1).sort_index()
    return wide.rename_axis("case_id").reset_index()


def _place(feature: str) -> tuple[int, int, str]:
    source, family, _name = feature.split("_", 2)
    return (
        _SOURCES.index(source) if source in _SOURCES else len(_SOURCES),
        _FAMILIES.index(family) if family in _FAMILIES else len(_FAMILIES),
        feature,
    )
