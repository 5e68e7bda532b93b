"""Biomarkers, and the planted truth they are held against."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from gliomanet.reporting.embed import embed_sheets
from gliomanet.reporting.format import (
    count,
    estimate,
    feature_name,
    listing,
    number,
    plural,
    probability,
    stage_name,
    task_name,
)
from gliomanet.reporting.study.figure import drawn
from gliomanet.reporting.study.figures.biomarkers import biomarker_forest
from gliomanet.reporting.study.figures.links import drawn_links, link_map
from gliomanet.reporting.study.figures.shap import shap_shares, shap_summary, shown_unit
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.tidy import NUMBERS, tidy, tidy_biomarkers
from gliomanet.reporting.table import Cell, Column, Table, numeric
from gliomanet.tables.notes import split_notes

SHOWN = 200


def section(results: StudyResults) -> Section | None:
    """Biomarkers of every network, where the study has one."""
    if not results.biomarkers:
        return None
    content = {
        "max_i2": number(results.settings["explanation"]["max_i2"]),
        "max_q": number(results.settings["explanation"]["max_q"]),
        "kept": kept_sentence(results.biomarkers),
        "models": [
            {
                "name": model,
                "searched": searched_sentences(results.search.get(model)),
                "additivity": additivity_sentence(results.explained.get(model)),
                **explained_figures(results, model, index),
                "kept": kept_table(model, table),
                "undecided": undecided_table(model, table),
                "dropped": dropped_table(model, table),
                "reasons": dropped_reasons(table),
                "unlinked": unlinked_sentence(table, results.splits),
                "figure": drawn(
                    biomarker_forest({model: table}),
                    f"markers-{index}",
                    f"Effects of the strongest kept biomarkers of {model}: a mark per centre, the summary with its "
                    "interval. The table beside it holds the same numbers.",
                    table,
                ),
            }
            for index, (model, table) in enumerate(results.biomarkers.items())
        ],
        "recovery": recovery_table(results.recovery),
    }
    return Section("biomarkers", "Biomarkers", content)


def kept_table(model: str, biomarkers: pd.DataFrame) -> Table:
    """Kept biomarkers of a model, largest summary effect first."""
    table = tidy_biomarkers(biomarkers)
    kept = table[table["status"] == "kept"]
    caption = f"Biomarkers kept for {model}: the same direction in every centre with enough cases."
    return _biomarker_table(f"kept-{model}", caption, kept, reasons=False)


def unlinked_sentence(biomarkers: pd.DataFrame, splits: pd.DataFrame) -> str:
    """The reason why there is no biomarker: nothing could be linked; empty where something was."""
    if len(biomarkers):
        return ""
    table = tidy(splits, text=("case_id", "scenario", "fold", "part"))
    sizes = table[table["part"] == "validation"].groupby(["scenario", "fold"]).size()
    cases = "" if sizes.empty else f" ({_span(sizes.min(), sizes.max())} per fold)"
    return f"No radiomic feature could be linked to a deep feature{cases}, so none was a candidate."


def _span(low: int, high: int) -> str:
    return plural(high, "validation case") if low == high else f"{count(low)} to {plural(high, 'validation case')}"


def explained_figures(results: StudyResults, model: str, index: int) -> dict[str, Any]:
    """SHAP values, links to deep features, and examples of a model, as far as there are any."""
    values, links, table = results.shap_values.get(model), results.links.get(model), results.biomarkers[model]
    has_example = model in results.examples and (table["status"] == "kept").any()
    return {
        "shap": drawn(
            "" if values is None else shap_summary(values),
            f"shap-{index}",
            f"SHAP values of {model}: for each task a bar for each of the leading features, and a dot for each "
            f"validation case. The numbers are in explanations/{model}.tsv.gz.",
            pd.DataFrame() if values is None else shap_shares(values),
        ),
        "unit": "" if values is None or values.empty else shown_unit(values),
        "links": drawn(
            "" if links is None else link_map(links, table, results.settings["explanation"]["max_q"]),
            f"links-{index}",
            f"Correlation between deep features of {model} and radiomic features: a row for each radiomic feature, a "
            f"column for each deep feature. The numbers are in explanations/{model}.links.tsv.gz.",
            pd.DataFrame() if links is None else drawn_links(links, table),
        ),
        "examples": embed_sheets({model: results.examples[model]})[model] if has_example else "",
    }


def searched_sentences(search: pd.DataFrame | None) -> list[str]:
    """The number of features tested in each scenario and task, and what became of them."""
    rows = [] if search is None else search.to_dict("records")
    several = len({row["scenario"] for row in rows}) > 1
    found = []
    for row in rows:
        where = task_name(row["task"]) + (f" ({row['scenario']})" if several else "")
        if not row["folds"]:
            found.append(f"{where}: nothing was explained.")
            continue
        units = plural(int(row["leading"]), f"leading {row['unit']}")
        tested = "radiomic feature was" if row["features"] == 1 else "radiomic features were"
        found.append(
            f"{where}: {count(row['features'])} {tested} tested against {units} of {plural(int(row['folds']), 'fold')} "
            f"on {plural(int(row['cases']), 'validation case')}; {count(row['linked'])} linked, {count(row['kept'])} "
            f"kept, {count(row['dropped'])} dropped, {count(row['not_decidable'])} not decidable."
        )
    return found


def additivity_sentence(explained: pd.DataFrame | None) -> str:
    """Gap between the SHAP values' sum and the output, by explainer; empty where nothing was explained."""
    if explained is None or explained.empty:
        return ""
    parts = []
    for (unit, explainer), rows in explained.groupby(["unit", "explainer"], sort=False):
        worst = float(rows["additivity_gap"].max())
        gap = f"at most {worst:.1g}" if worst > 0 else "rounding only (less than 10⁻¹²)"
        parts.append(f"{unit}s, {explainer}, of the {rows['output'].iloc[0]}: {gap}")
    return f"How far a case's SHAP values and the base miss its output ({'; '.join(parts)})."


def undecided_table(model: str, biomarkers: pd.DataFrame) -> Table:
    """Linked features of which too few centres say anything."""
    table = tidy_biomarkers(biomarkers)
    rows = table[table["status"] == "not decidable"].head(SHOWN)
    return _biomarker_table(f"undecided-{model}", f"Linked features of {model} that are not decidable.", rows, True)


def dropped_table(model: str, biomarkers: pd.DataFrame) -> Table:
    """List the dropped ones of the strongest correlation, with the reason."""
    table = tidy_biomarkers(biomarkers)
    dropped = table[table["status"] == "dropped"]
    ranked = dropped.assign(size=dropped["rho"].abs()).sort_values("size", ascending=False, kind="stable")
    shown = ranked.drop(columns="size").head(SHOWN)
    rest = f"; the first {SHOWN} of {count(len(dropped))} by correlation" if len(dropped) > SHOWN else ""
    return _biomarker_table(f"dropped-{model}", f"Dropped candidates of {model}{rest}.", shown, reasons=True)


def dropped_reasons(biomarkers: pd.DataFrame) -> list[str]:
    """`80 direction differs between centres`, most frequent first."""
    table = tidy_biomarkers(biomarkers)
    texts = table.loc[table["status"] == "dropped", "reason"]
    reasons = Counter(reason_kind(part) for text in texts for part in split_notes(text) or [""])
    return [f"{reason} ({count(n)})" for reason, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))]


def reason_kind(reason: str) -> str:
    """Strip a reason of its numbers and names, so that equal reasons count together."""
    kind = re.sub(r"I2 [\d.]+ above", "I² above", reason.split(":")[0].split("(")[0])
    return (
        re.sub(r"(direction) in .*|\b0?\.\d+ (?=below|above|under|over)", r"\1", kind).strip()
        or "no reason was recorded"
    )


def _biomarker_table(name: str, caption: str, table: pd.DataFrame, reasons: bool) -> Table:
    centers = [c for c in table.columns if c.startswith("effect_") and table[c].notna().any()]
    scenarios = len(set(table["scenario"])) > 1
    ordered = table if reasons else table.assign(size=table["summary"].abs())
    if not reasons:
        order = {task: i for i, task in enumerate(dict.fromkeys(table["task"]))}
        ordered = ordered.assign(rank=ordered["task"].map(order)).sort_values(
            ["scenario", "rank", "size"], ascending=[True, True, False], kind="stable"
        )
    rows = []
    for row in ordered.to_dict("records"):
        deep = [d for d in row["deep_features"].replace(";", ",").split(",") if d.strip()]
        cells = [Cell(feature_name(row["feature"], row["region"])), Cell(task_name(row["task"]))]
        cells += [Cell(row["scenario"])] if scenarios else []
        itself = all(d.strip().partition(":")[2] == row["feature"] for d in deep)  # an input of the model
        linked = ", ".join(deep[:4]) + (f" and {len(deep) - 4} more" if len(deep) > 4 else "")
        cells += [Cell(f"itself, in {plural(len(deep), 'fold')}" if deep and itself else linked)]
        cells += [numeric("" if pd.isna(row["rho"]) else number(row["rho"])), numeric(probability(row["q"]))]
        cells += [numeric("" if pd.isna(row[c]) else number(row[c])) for c in centers]
        cells += [numeric("" if pd.isna(row["summary"]) else estimate(row["summary"], row["ci_low"], row["ci_high"]))]
        cells += [numeric("" if pd.isna(row["i2"]) else number(row["i2"])), numeric(probability(row["q_effect"]))]
        cells += [Cell(row["agrees_outside"] or "no centre")]
        cells += [Cell(row["reason"], kind="note")] if reasons else []
        rows.append(tuple(cells))
    columns = [Column("Feature"), Column("Task", choose=True)]
    columns += [Column("Scenario", choose=True)] if scenarios else []
    columns += [Column("Linked to"), Column("ρ", True), Column("q", True)]
    columns += [Column(c.removeprefix("effect_"), True) for c in centers]
    columns += [Column("Summary effect", True), Column("I²", True), Column("q of effect", True)]
    columns += [Column("Agrees outside", choose=True)]
    columns += [Column("Reason", choose=False)] if reasons else []
    return Table(name, caption, tuple(columns), tuple(rows), filterable=len(rows) > 12)


def recovery_table(recovery: pd.DataFrame | None) -> Table:
    """Show planted truth beside what was found: the table as it was given, in words."""
    table = tidy(recovery)
    names: dict[str, Callable[[str], str]] = {"task": task_name, "feature": feature_name, "stage": stage_name}
    columns = tuple(
        Column(c.replace("effect_", "").replace("_", " ").capitalize(), _is_number(table, c)) for c in table.columns
    )
    rows = tuple(
        tuple(
            numeric("" if pd.isna(value) else number(value))
            if isinstance(value, float)
            else Cell(names.get(str(column), str)(value), kind="number" if _is_number(table, column) else "")
            for column, value in row.items()
        )
        for row in table.to_dict("records")
    )
    caption = "What was planted in the simulated patients, and what the search for biomarkers made of it."
    return Table("recovery", caption, columns, rows)


def _is_number(table: pd.DataFrame, column: object) -> bool:
    known = table[column].replace("", None).dropna()
    return column in NUMBERS or (len(known) > 0 and bool(pd.to_numeric(known, errors="coerce").notna().all()))


def kept_sentence(biomarkers: Mapping[str, pd.DataFrame]) -> str:
    """Count the candidates that each model kept."""
    parts = []
    for model, frame in biomarkers.items():
        table = tidy_biomarkers(frame)
        parts.append(f"{model} kept {count((table['status'] == 'kept').sum())} of {plural(len(table), 'candidate')}")
    return f"{listing(parts)}." if parts else ""
