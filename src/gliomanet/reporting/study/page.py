"""`results/report/index.html`: the page a reader opens first, one file that needs nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gliomanet.reporting.embed import embed_sheets
from gliomanet.reporting.format import number
from gliomanet.reporting.study.figures.biomarkers import biomarker_forest
from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.figures.forest import forest_plot, marks_sentence
from gliomanet.reporting.study.figures.modality_subsets import subset_matrix, worth_bars
from gliomanet.reporting.study.sections import audit, summary
from gliomanet.reporting.study.sections import biomarkers as markers
from gliomanet.reporting.study.sections import cohort as people
from gliomanet.reporting.study.sections import modality_subsets as modalities
from gliomanet.reporting.study.sections import performance as scores
from gliomanet.reporting.study.sections import pseudo_labels as labelling
from gliomanet.reporting.study.sections.calibration import calibration_table
from gliomanet.reporting.study.sections.decoding import decoding_sentence, decoding_table
from gliomanet.reporting.study.sections.segmentation import segmentation_table
from gliomanet.reporting.svg import inline_svg


def write_report(
    out: Path,
    *,
    study: Mapping[str, Any],
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    metrics: pd.DataFrame,
    confusion: pd.DataFrame,
    comparisons: pd.DataFrame,
    decoding: pd.DataFrame | None = None,
    predictions: Mapping[str, pd.DataFrame] | None = None,
    calibration: pd.DataFrame | None = None,
    qc: pd.DataFrame | None = None,
    sheets: Mapping[str, Path] | None = None,
    biomarkers: Mapping[str, pd.DataFrame] | None = None,
    recovery: pd.DataFrame | None = None,
    pseudo_labels: pd.DataFrame | None = None,
    segmentation: pd.DataFrame | None = None,
    label_accuracy: pd.DataFrame | None = None,
    modality_subsets: pd.DataFrame | None = None,
    modality_significance: pd.DataFrame | None = None,
    findings: pd.DataFrame | None = None,
    notes: Sequence[tuple[str, str]] = (),
    versions: Mapping[str, str] | None = None,
) -> None:
    """Write the page. Equal inputs give equal bytes; sections without content are absent.

    Args:
        out: the HTML file.
        study: the study's configuration, `Study.model_dump()`.
        cases: all centres' case tables, one below the other.
        splits: `results/splits.tsv`.
        metrics: `results/evaluation/metrics.tsv`.
        confusion: `results/evaluation/confusion.tsv`.
        comparisons: `results/evaluation/comparisons.tsv`.
        decoding: `results/evaluation/decoding.tsv`.
        predictions: model → `results/predictions/<model>.tsv`; they tell whom a model could not predict. None: the page
            names only those who reached no fold.
        calibration: all models' tables of `results/calibration/`; None: the study does not calibrate.
        qc: all centres' quality tables; None in a study of feature tables.
        sheets: centre → contact sheet (PNG).
        biomarkers: model → `results/biomarkers/<model>.tsv`.
        recovery: planted truth beside what was found, one row each; shown column by column.
        segmentation: `results/evaluation/segmentation.tsv`; None: no model segments.
        pseudo_labels: the pseudo-label tables with the columns `model`, `stage` and `fold` added.
        label_accuracy: `results/pseudo_labels/accuracy.tsv`.
        modality_subsets: `results/evaluation/modality_subsets.tsv`; None: subsets of modalities were not predicted.
        modality_significance: `results/evaluation/modality_significance.tsv`, beside it.
        findings: `results/cohort/audit.tsv`; None: no audit was run.
        notes: model and sentence, see `model_notes`.
        versions: software → version, see `gathered_versions`.

    Raises:
        FileNotFoundError: a contact sheet is not there.

    """
    html = render_report(
        study=study,
        cases=cases,
        splits=splits,
        metrics=metrics,
        confusion=confusion,
        comparisons=comparisons,
        decoding=decoding,
        predictions=predictions or {},
        calibration=calibration,
        qc=qc,
        sheets=sheets or {},
        biomarkers=dict(biomarkers or {}),
        recovery=recovery,
        pseudo_labels=pseudo_labels,
        segmentation=segmentation,
        label_accuracy=label_accuracy,
        modality_subsets=modality_subsets,
        modality_significance=modality_significance,
        findings=findings,
        notes=notes,
        versions=versions or {},
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(html, encoding="utf-8")


def render_report(
    *,
    study: Mapping[str, Any],
    cases: pd.DataFrame,
    splits: pd.DataFrame,
    metrics: pd.DataFrame,
    confusion: pd.DataFrame,
    comparisons: pd.DataFrame,
    decoding: pd.DataFrame | None,
    predictions: Mapping[str, pd.DataFrame],
    calibration: pd.DataFrame | None,
    qc: pd.DataFrame | None,
    sheets: Mapping[str, Path],
    biomarkers: dict[str, pd.DataFrame],
    recovery: pd.DataFrame | None,
    pseudo_labels: pd.DataFrame | None,
    segmentation: pd.DataFrame | None,
    label_accuracy: pd.DataFrame | None,
    modality_subsets: pd.DataFrame | None,
    modality_significance: pd.DataFrame | None,
    findings: pd.DataFrame | None,
    notes: Sequence[tuple[str, str]],
    versions: Mapping[str, str],
) -> str:
    """Make the page's text; arguments as in `write_report`."""
    settings = json.loads(json.dumps(study, default=str))  # tuples and enumerations as plain values
    missing = pd.concat(
        [people.missing_cases(cases, splits, qc), people.unpredicted_cases(splits, predictions)], ignore_index=True
    )
    lost = len(missing[["center", "case_id"]].drop_duplicates())
    images = qc is not None and not qc.empty
    external, held_out = scores.headline(metrics), scores.held_out_headline(metrics)
    context = {
        "title": settings["title"],
        "warnings": summary.warnings(settings),
        "totals": summary.totals(settings, cases, splits, lost),
        "paragraph": summary.paragraph(settings, cases, splits, lost),
        "scenarios": summary.scenarios_table(splits),
        "external": bool(external),
        "headline": [*held_out, *(external or scores.headline(metrics, "validation"))],
        "findings": scores.findings(metrics),
        "forest": _figure(
            forest_plot(metrics),
            "forest",
            "Forest plot of the MCC with its interval: a panel per task, a band per group of cases, a line per model. "
            "The table of all figures below holds the same numbers.",
        ),
        "forest_marks": marks_sentence(metrics),
        "centers": people.centers_table(settings, cases, missing),
        "modalities": people.modalities_table(settings, cases, qc) if images else None,
        "missing": people.missing_table(missing),
        "notes": notes,
        "audited": audit.audit_sentence(findings),
        "audit": audit.findings_table(findings),
        "audit_notes": audit.notes_table(findings),
        "predictions": bool(predictions),
        "metrics": scores.metrics_table(metrics),
        "calibration": calibration_table(calibration),
        "contradictions": scores.contradictions_table(metrics),
        "decoding": decoding_table(decoding),
        "decoding_sentence": decoding_sentence(decoding),
        "confusion": _figure(
            confusion_grid(confusion),
            "confusion",
            "Confusion matrices of every model and task, external and validation cases: rows are the truth, columns "
            "the prediction, numbers are cases.",
        ),
        "comparisons": scores.comparisons_table(comparisons),
        "segmentation": segmentation_table(segmentation),
        "kept": markers.kept_sentence(biomarkers),
        "additivity": markers.additivity_sentence(biomarkers),
        "biomarkers": [
            {
                "model": model,
                "kept": markers.kept_table(model, table),
                "dropped": markers.dropped_table(model, table),
                "reasons": markers.dropped_reasons(table),
                "unlinked": markers.unlinked_sentence(table, splits),
                "figure": _figure(
                    biomarker_forest({model: table}),
                    f"markers-{index}",
                    f"Effects of the strongest kept biomarkers of {model}: a mark per centre, the summary with its "
                    "interval. The table beside it holds the same numbers.",
                ),
            }
            for index, (model, table) in enumerate(biomarkers.items())
        ],
        "missing_modalities": _missing_modalities(modality_subsets, modality_significance),
        "recovery": markers.recovery_table(recovery),
        "pseudo": labelling.pseudo_labels_table(pseudo_labels, people.tasks_of(settings), label_accuracy),
        "pseudo_rounds": labelling.rounds_sentence(settings["pseudo_labels"]),
        "pseudo_gate": labelling.gate_sentence(settings["pseudo_labels"]),
        "qc": people.qc_table(qc),
        "flagged": people.flagged_table(qc),
        "sheets": embed_sheets(sheets),
        "versions": versions,
        "seed": settings["seed"],
        "configuration": yaml.safe_dump(settings, sort_keys=False, allow_unicode=True),
        "digests": [
            ("Configuration", _digest(json.dumps(settings, sort_keys=True))),
            ("Tables", _digest(*(_table_text(t) for t in (cases, splits, metrics, confusion, comparisons)))),
        ],
        "settings": settings,
    }
    return _environment().get_template("report.html.j2").render(context)


def _missing_modalities(subsets: pd.DataFrame | None, significance: pd.DataFrame | None) -> list[dict[str, Any]]:
    """For each scenario what models do without some modalities, and what the modalities are worth."""
    worth = {shown.scenario: shown for shown in modalities.shown_significance(significance)}
    blocks = []
    for index, shown in enumerate(modalities.shown_subsets(subsets)):
        known = worth.get(shown.scenario)
        blocks.append(
            {
                "scenario": shown.scenario,
                "where": shown.where,
                "cases": modalities.cases_sentence(shown),
                "matrices": [
                    _figure(
                        subset_matrix(part),
                        f"modalities-{index}-{number_of_part}",
                        f"MCC of {', '.join(map(part.name, part.lines))} with every subset of the modalities: a row "
                        "per subset, a column per model and task. The table below it holds the same numbers.",
                    )
                    for number_of_part, part in enumerate(shown.in_parts())
                ],
                "table": modalities.subsets_table(shown, f"modalities-{index}"),
                "bars": known
                and _figure(
                    worth_bars(known),
                    f"worth-{index}",
                    "What each modality is worth to each model: a panel per task, a bar per modality with its "
                    "interval. The table below it holds the same numbers.",
                ),
                "worth": known and modalities.significance_table(known, f"worth-{index}"),
            }
        )
    return blocks


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gliomanet.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = number
    return environment


def _figure(svg: str, prefix: str, label: str) -> Markup | None:
    return Markup(inline_svg(svg, prefix, label)) if svg else None


def _table_text(table: pd.DataFrame | None) -> str:
    return "" if table is None else table.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
