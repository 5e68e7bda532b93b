"""Facts about the models: what they are, how they were fitted, what made them."""

from __future__ import annotations

from gliomanet.models.artifact import CombatHarmonization, ImageModelDescription, TabularModelDescription
from gliomanet.reporting.format import count, listing, plural
from gliomanet.reporting.study.facts.fact import Fact
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.wording import external_predictions, inputs_of, kind_name, stages_phrase

DESCRIPTIONS = "models/<model>/<stage>/fold<fold>/model.json"


def models(results: StudyResults) -> Fact:
    """Kinds and inputs of the models."""
    told = []
    for name, model in results.settings["models"].items():
        inputs = inputs_of(model)
        told.append(f"{name} ({kind_name(model['kind'])}; inputs: {', '.join(inputs)})")
    return Fact(f"{plural(len(told), 'model').capitalize()}: {'; '.join(told)}.", DESCRIPTIONS)


def training(results: StudyResults) -> Fact:
    """Stages of the training and its settings."""
    stages = stages_phrase(results.settings)
    models = results.settings["models"]
    chosen = [name for name, model in models.items() if model.get("C") == "auto"]
    chained = [name for name, model in models.items() if model.get("classifier_chain") == "who"]
    text = f"Training stages: {listing(stages)}. "
    if chosen:
        text += f"The penalty of {listing(chosen)} was chosen inside the training centres of each fit. "
    if chained:
        text += f"{listing(chained)}: 1p/19q and grade through IDH (classifier chain). "
    text += _updates(results)
    text += "Every setting, defaults included, is in the configuration below."
    return Fact(text, "#made-with")


def _updates(results: StudyResults) -> str:
    """Say how often the fits of networks on images moved their weights: epochs are as long as a study has cases."""
    found: dict[str, set[int]] = {}
    for model in results.models:
        if isinstance(model, ImageModelDescription):
            found.setdefault(model.model, set()).add(sum(phase.updates for phase in model.phases))
    told = [f"{name} {' to '.join(count(n) for n in sorted({min(of), max(of)}))}" for name, of in found.items()]
    return f"Updates of the weights in a fit, all its phases together: {listing(told)}. " if told else ""


def initialisation(results: StudyResults) -> Fact:
    """Starting weights and seeds."""
    networks = [
        name
        for name, model in results.settings["models"].items()
        if model["kind"] not in ("logistic", "extra_trees", "stack")
    ]
    text = f"Every random draw follows from the seed {results.settings['seed']}."
    if networks:
        random = f"Weights of {listing(networks)} began at random; no pre-trained weights were loaded"
        aware = [name for name in networks if results.settings["models"][name].get("clinical")]
        of_clinical = "began as a logistic regression of each fit's training cases"
        random += f" (those of {listing(aware)} on clinical data {of_clinical})" if aware else ""
        text = f"{random}. {text}"
    return Fact(text, "#made-with")


def imbalance(results: StudyResults) -> Fact:
    """Weights of the classes in the losses."""
    text = "Every model weighs the classes inversely to their frequency among its training cases"
    on_images = [name for name, model in results.settings["models"].items() if "modalities" in model]
    text += f" (in each batch, where {listing(on_images)} is trained)" if on_images else ""
    return Fact(f"{text}.", "#made-with")


def scaling(results: StudyResults) -> Fact | None:
    """Scaling of the inputs of models of features; None where there is no such model."""
    if not any("inputs" in model or model["kind"] == "stack" for model in results.settings["models"].values()):
        return None
    text = (
        "Inputs of the models of features were standardised with the mean and standard deviation of each fit's "
        "own training cases."
    )
    return Fact(text, DESCRIPTIONS)


def harmonisation(results: StudyResults) -> Fact | None:
    """ComBat across training centres; None where no model was harmonised."""
    names = {
        model.model
        for model in results.models
        if isinstance(model, TabularModelDescription) and isinstance(model.harmonization, CombatHarmonization)
    }
    if not names:
        return None
    return Fact(
        f"Features of {listing(sorted(names))} were harmonised across the training centres with ComBat.", DESCRIPTIONS
    )


def ensembling(results: StudyResults) -> Fact:
    """Combination of the folds' fits into one prediction."""
    return Fact(f"{external_predictions(results.settings['models'])}.", DESCRIPTIONS)


def selection(results: StudyResults) -> Fact | None:
    """Model that the study declared before its results; None where it declared none."""
    primary = results.settings["evaluation"].get("primary_model")
    if not primary:
        return None
    text = f"The configuration declares {primary} as the study's model; the run itself chose none."
    return Fact(text, "study.json")


def pseudo_labels(results: StudyResults) -> Fact | None:
    """Rounds of pseudo-labels; None without."""
    if results.pseudo_labels is None:
        return None
    rounds = results.settings["pseudo_labels"]["rounds"]
    text = (
        f"Unknown labels of training cases were filled in {plural(len(rounds), 'round')} of pseudo-labels, by teachers "
        "whose MCC on validation cases beat labels permuted within centres."
    )
    return Fact(text, "#pseudo-labels")


def software(results: StudyResults) -> Fact | None:
    """Versions of the software; None where no job recorded any."""
    if not results.versions:
        return None
    told = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return Fact(f"Software: {told}.", "#made-with")


def reproducibility(results: StudyResults) -> Fact:
    """Record from which the study can be run again."""
    text = (
        "The configuration, the digests of the code and of every table, and each model's description are kept "
        "with the results."
    )
    return Fact(text, "study.json")


def weights(results: StudyResults) -> Fact | None:
    """Files of the fitted models; None where no model was described."""
    if not results.models:
        return None
    text = (
        f"{plural(len(results.models), 'fitted model')} with their descriptions and digests are in the results "
        "folder; whether they are shared is the author's decision."
    )
    return Fact(text, DESCRIPTIONS)
