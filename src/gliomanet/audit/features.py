"""Audit of a study's feature tables: per centre, across centres, and the features that each scenario goes without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.rules.feature_columns import columns_of_center
from gliomanet.audit.rules.feature_scales import across_centers
from gliomanet.audit.rules.identical_cases import identical_cases
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.read_center import center_source
from gliomanet.cohort.sources.features import Features
from gliomanet.config.sources import FeatureSource
from gliomanet.models.void_features import void_features
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.cohort import VOID_FEATURES
from gliomanet.tables.feature_names import LOG_RATIO, parts_of

if TYPE_CHECKING:
    from gliomanet.config.study import Study


def audit_features(tables: Mapping[str, pd.DataFrame], bin_widths: Mapping[str, float]) -> list[Finding]:
    """Findings on feature tables; labels are not looked at, nor are ratios, whose parts are audited themselves.

    Args:
        tables: centre → rows of `results/radiomics/`.
        bin_widths: centre → bin width of the histogram, where it is known.
    """
    kept = {name: [c for c in table if parts_of(str(c)).family != LOG_RATIO] for name, table in tables.items()}
    measured = {center: table[kept[center]] for center, table in tables.items()}
    wide = {center: _measured(_wide(table), table) for center, table in measured.items() if len(table)}
    single = [f for center, table in wide.items() for f in columns_of_center(center, table, bin_widths.get(center))]
    return [*single, *across_centers(wide), *identical_cases(wide)]


def void_table(radiomics: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """The features that carry nothing in the training centres of each scenario (`VOID_FEATURES`).

    Args:
        radiomics: rows of `results/radiomics/`, of every centre that trains.
        splits: rows of `results/splits.tsv`.
    """
    rows = []
    wide = _wide(radiomics)
    for scenario, parts in splits.groupby(splits["scenario"].astype(str), sort=True):
        training = parts.loc[parts["part"].isin(["train", "validation"]), "case_id"].astype(str).unique()
        table = wide.reindex(sorted(training))
        for feature, void in void_features(table).items():
            rows.append((scenario, feature, void.why, void.twin, len(table), table.shape[1]))
    return pd.DataFrame(rows, columns=VOID_FEATURES.names())


def audit_feature_sources(study: Study) -> list[Finding]:
    """Findings on the feature tables that a study's centres come as; its tables are read again.

    Raises:
        CohortError: a table cannot be read.
    """
    sources = {name: center_source(name, study) for name in study.centers}
    tables = {name: s.read_with_features()[1] for name, s in sources.items() if isinstance(s, Features)}
    return audit_features(tables, bin_widths_of(study))


def bin_widths_of(study: Study) -> dict[str, float]:
    """Centre → bin width of its features, where it is known: the study's own for images."""
    sources = {name: center.source for name, center in study.centers.items()}
    known = {name: study.radiomics.bin_width for name, source in sources.items() if source.has_images}
    own = {n: s.bin_width for n, s in sources.items() if isinstance(s, FeatureSource) and s.bin_width is not None}
    return known | own


def _wide(radiomics: pd.DataFrame) -> pd.DataFrame:
    """Cases × features, the cases as the index."""
    wide = wide_features(radiomics)
    return wide.assign(case_id=wide["case_id"].astype(str)).set_index("case_id").astype(float)


def _measured(wide: pd.DataFrame, radiomics: pd.DataFrame) -> pd.DataFrame:
    """The columns without pairs that the source has not: a feature of one region is empty in the others."""
    filled = radiomics.drop(columns=["case_id", "region"]).notna()
    regions = sorted(radiomics["region"].unique())
    if len(regions) < 2:
        return wide
    somewhere = filled.columns[filled.any()]
    there = filled.groupby(radiomics["region"]).any()
    absent = [f"{region}_{feature}" for region in regions for feature in somewhere if not there.loc[region, feature]]
    return wide.drop(columns=absent)
