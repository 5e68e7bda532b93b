"""Schemas of tables: what a writer may write, what a reader gets, what the documentation says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from gliomanet.cohort.findings import SEVERITIES, Finding
from gliomanet.tables.cohort import CASES, FINDINGS, HIDDEN_LABELS, PHANTOM_LABELS, SPLITS
from gliomanet.tables.evaluation import METRICS
from gliomanet.tables.explanation import BIOMARKERS, RECOVERY
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import DEEP_FEATURES
from gliomanet.tables.reference import tables_reference
from gliomanet.tables.schemas import SCHEMAS, TEXT, schema_of

ROOT = Path(__file__).resolve().parents[2]


def empty(names):
    return pd.DataFrame(columns=list(names))


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.title)
def test_a_schema_names_each_column_once_with_a_sentence_and_its_rows_by_some_of_them(schema):
    names = [column.name for column in schema.columns]
    assert len(set(names)) == len(names)
    assert schema.key
    assert set(schema.key) <= set(schema.names())
    for column in schema.columns:
        assert re.fullmatch(r"[`A-Z0-9].*[^.]", column.meaning), column
    schema.check(empty(schema.names()))


def test_titles_and_paths_are_of_one_table():
    assert len({schema.title for schema in SCHEMAS}) == len(SCHEMAS)
    paths = [path for schema in SCHEMAS for path in schema.paths]
    assert len(set(paths)) == len(paths)


def test_no_column_is_text_in_one_table_and_a_number_in_another():
    columns = [column for schema in SCHEMAS for column in schema.columns]
    numbers = {column.name for column in columns if column.kind in ("integer", "number")}
    assert not numbers & TEXT


def test_families_of_columns_stand_where_the_schema_says():
    names = CASES.names(label=("mgmt", "tert"))
    assert names[names.index("grade") : names.index("age")] == ["grade", "mgmt", "tert"]
    assert [name for name in names if name.startswith("mgmt")] == ["mgmt", "mgmt_source", "mgmt_raw"]
    assert BIOMARKERS.names(center=("A", "B"))[8:10] == ["effect_A", "effect_B"]
    assert DEEP_FEATURES.names(number=("0", "1"))[-2:] == ["z0", "z1"]


@pytest.mark.parametrize(
    ("schema", "families"),
    [
        (CASES, {"label": ("mgmt", "tert")}),
        (HIDDEN_LABELS, {"label": ("mgmt",)}),
        (PHANTOM_LABELS, {"label": ("mgmt",)}),
        (BIOMARKERS, {"center": ("A", "B")}),
    ],
)
def test_a_table_tells_itself_how_far_its_families_go(schema, families):
    schema.check(empty(schema.names(**families)))


@pytest.mark.parametrize(
    ("schema", "names", "message"),
    [
        (METRICS, METRICS.names()[:-1], "lacks the columns note; found"),
        (METRICS, [*METRICS.names(), "extra"], "has the unknown columns extra; found"),
        (SPLITS, SPLITS.names()[::-1], "has its columns twice or in another order; found"),
        (SPLITS, [*SPLITS.names(), "part"], "has its columns twice or in another order; found"),
        (CASES, [*CASES.names(), "mgmt"], "has the unknown columns mgmt; found"),
        (CASES, [*CASES.names(), "mgmt_source"], "lacks the columns mgmt, mgmt_raw"),
    ],
)
def test_other_columns_are_refused_by_name_before_anything_is_written(tmp_path, schema, names, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        write_table(empty(names), tmp_path / "t.tsv", schema)
    assert str(caught.value).startswith(f"{schema.title} ({schema.paths[0]}): ")
    assert not (tmp_path / "t.tsv").exists()


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("evaluation/metrics.tsv", METRICS),
        ("cohort/cases.tsv", CASES),
        ("cohort/UCSF.tsv", CASES),
        ("cohort/audit.tsv", FINDINGS),
        ("biomarkers/net.tsv", BIOMARKERS),
        ("biomarkers/recovery.tsv", RECOVERY),
        ("deep_features/net/A.tsv.gz", DEEP_FEATURES),
    ],
)
def test_a_path_has_the_schema_of_its_closest_pattern(path, schema):
    assert schema_of(path) is schema


def test_a_path_of_no_table_is_an_error():
    with pytest.raises(KeyError, match=re.escape("evaluation/metric.tsv: no table of the results lies there")):
        schema_of("evaluation/metric.tsv")


@pytest.mark.parametrize("column", sorted(TEXT))
def test_text_that_looks_like_a_number_stays_text(tmp_path, column):
    write_table(pd.DataFrame({column: ["007", ""], "value": [1, 2]}), tmp_path / "t.tsv")
    assert read_table(tmp_path / "t.tsv")[column].tolist() == ["007", ""]


def test_findings_are_written_as_they_are_made():
    assert [field.name for field in fields(Finding)] == FINDINGS.names()
    assert FINDINGS.columns[0].allowed == SEVERITIES


def test_the_reference_has_every_column_of_every_table():
    sections = tables_reference().split("\n### ")[1:]
    assert [section.splitlines()[0] for section in sections] == [schema.title for schema in SCHEMAS]
    for section, schema in zip(sections, SCHEMAS, strict=True):
        rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| [^|]+\. \|$", section, flags=re.MULTILINE)
        assert rows == [column.name for column in schema.columns]
        assert all(f"`{path}`" in section for path in schema.paths)


def test_the_documents_speak_of_tables_that_there_are():
    folders = "|".join({path.split("/")[0] for schema in SCHEMAS for path in schema.paths if "/" in path})
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(rf"`(?:results/)?((?:{folders})/[^`…]+\.tsv)`", text))
    assert "evaluation/metrics.tsv" in named
    for path in named:
        assert schema_of(path), path
