"""Facts about the evaluation: what was computed from the predictions, and by which rules."""

from __future__ import annotations

from gliomanet.evaluation.metrics.registry import metric_label
from gliomanet.reporting.format import listing, plural, subset_name
from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.tidy import tidy
from gliomanet.reporting.study.wording import inputs_of

METRICS = "evaluation/metrics.tsv"
COMPARISONS = "evaluation/comparisons.tsv"


def metrics(results: StudyResults) -> Fact | None:
    """Metrics by name; None where nothing was scored."""
    table = results.scored
    names = [name for name in dict.fromkeys(table["metric"]) if not name.startswith("auc_")]
    if not names:
        return None
    labels = listing(metric_label(name) for name in names)
    return Fact(f"Metrics, of every task, model and centre: {labels}.", METRICS)


def uncertainty(results: StudyResults) -> Fact | None:
    """Intervals; None where nothing was scored."""
    if results.metrics.empty:
        return None
    evaluation = results.settings["evaluation"]
    text = (
        f"Intervals are of {100 * evaluation['confidence']:g} %, over patients: of counts by "
        f"{evaluation['resamples']:,} draws from their Beta posterior, of areas by Newcombe's method, of the Brier "
        "score by Student's; the calibration error has none, but the value that chance gives. Where a class is "
        "absent a metric is called not estimable, never 0."
    )
    return Fact(text, METRICS)


def comparison(results: StudyResults) -> Fact | None:
    """Test of models against each other; None where no pair was compared."""
    table = tidy(results.comparisons, text=("family",))
    if table.empty:
        return None
    reference = results.settings["evaluation"].get("reference")
    n = int((table["family"] == "reference").sum())
    if reference and n:
        text = (
            f"Each model was compared with the reference {reference} on the same external cases, inside each centre "
            f"and then together; Holm's correction is over these {plural(n, 'comparison')}."
        )
    else:
        text = "Models were compared in pairs on the same cases, p after Holm's correction."
    return Fact(text, COMPARISONS)


def reference_model(results: StudyResults) -> Fact | None:
    """Simple or non-image model that the others are held against; None where the study declares none."""
    name = results.settings["evaluation"].get("reference")
    if not name:
        return None
    inputs = inputs_of(results.settings["models"][name])
    return Fact(f"The declared reference is {name}, whose inputs are: {', '.join(inputs)}.", COMPARISONS)


def calibration(results: StudyResults) -> Fact | None:
    """Calibration; None where neither temperatures nor curves were made."""
    told = []
    if results.calibration is not None:
        told.append("Probabilities were scaled by temperatures fitted on validation cases only")
    if results.calibration_curves is not None:
        told.append("calibration on each centre is shown as curves, with slope and intercept")
    return Fact("; ".join(told) + ".", "#calibration") if told else None


def decision_curves(results: StudyResults) -> Fact | None:
    """Net benefit; None where no curve was made."""
    if results.decision_curves is None or results.decision_curves.empty:
        return None
    text = "Net benefit is shown over thresholds of probability, beside calling all cases and calling none."
    return Fact(text, "#decision-curves")


def thresholds(results: StudyResults) -> Fact | None:
    """Operating points; None where nothing was scored at one."""
    if "mcc_at_threshold" not in set(results.scored["metric"]):
        return None
    text = (
        "Outputs are probabilities. A class is called where it is the most probable one, and, in tasks of two classes, "
        "also at the threshold that was best for the MCC of the validation cases and was then frozen."
    )
    return Fact(text, "evaluation/thresholds.tsv")


def heterogeneity(results: StudyResults) -> Fact | None:
    """Spread between centres; None where no two centres were summarised."""
    table = results.scored
    if not (table["center"] == "summary").any():
        return None
    text = "Centres were summarised by random effects (Hartung-Knapp), with their variance τ² and its share I²."
    return Fact(text, METRICS)


def subgroups(results: StudyResults) -> Fact | None:
    """Groups inside which tasks were scored; None where there is none."""
    names = [name for name in dict.fromkeys(results.scored["subset"]) if name not in ("", "all")]
    if not names:
        return None
    told = listing(subset_name(name) for name in names)
    return Fact(f"Tasks were also scored inside groups of patients: {told}; and centre by centre.", "#metrics")


def robustness(results: StudyResults) -> Fact | None:
    """Predictions without some modalities; None where they were not made."""
    if results.modality_subsets is None or results.modality_subsets.empty:
        return None
    return Fact("Image networks predicted again with every subset of their modalities.", "#modality-subsets")


def uniparametric(results: StudyResults) -> Fact | None:
    """Single modalities against all; None where subsets were not predicted."""
    if robustness(results) is None:
        return None
    return Fact("Metrics of every single modality stand beside those of all of them.", "#modality-subsets")


def explanation(results: StudyResults) -> Fact | None:
    """Biomarkers; None where no model was explained."""
    if not results.biomarkers:
        return None
    limits = results.settings["explanation"]
    text = (
        f"{listing(results.biomarkers)}: features that carry {100 * limits['shap_fraction']:g} % of the mean |SHAP| "
        "were linked to radiomic features; a link became a biomarker where its difference between the classes holds "
        f"across centres: the same direction in each, I² at most {limits['max_i2']:g}, and a false discovery rate over "
        f"the task's linked features of at most {limits['max_q']:g}."
    )
    return Fact(text, "#biomarkers")


def decoding(results: StudyResults) -> Fact | None:
    """Answers that contradict WHO 2021; None where none could."""
    if results.decoding is None or results.decoding.empty:
        return None
    text = (
        "Answers of a case that no WHO 2021 diagnosis has together were counted, before and after deciding the "
        "tasks jointly."
    )
    return Fact(text, "#contradictions")


def control(results: StudyResults) -> Fact | None:
    """Shuffled labels; None in a study of true labels."""
    if not results.settings.get("shuffle_labels"):
        return None
    return Fact("Labels were dealt anew within each centre: this run is a control.", "study.json")


def prediction(results: StudyResults) -> Fact | None:
    """Kept predictions; None where nobody was predicted."""
    if not results.predictions:
        return None
    text = "The probabilities of every case, model and fold are kept, with the entropy and the spread over folds."
    return Fact(text, "predictions/<model>.tsv")
