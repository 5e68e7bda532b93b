"""Places of a study's files below its results folder, and what a path is, read back.

Rules ask with wildcards for names (`LAYOUT.qc("{center}")`), everything else with names. A job that trains or
preprocesses is given its paths as parameters instead, so that a new place here repeats none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from inspect import signature
from pathlib import Path

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"
_NAMES = dict.fromkeys(("model", "stage", "center", "table"), _NAME) | {"fold": rf"(?:{_NAME}\.)?\w+", "case": "[^/]+"}


@dataclass(frozen=True)
class ModelFiles:
    """Files of one trained model, all in one folder."""

    folder: Path

    @property
    def weights(self) -> Path:
        """Weights of a network on images."""
        return self.folder / "weights.pt"

    @property
    def fitted(self) -> Path:
        """A fitted model of the tabular arm."""
        return self.folder / "model.joblib"

    @property
    def description(self) -> Path:
        return self.folder / "model.json"

    @property
    def heads(self) -> Path:
        return self.folder / "heads.npz"

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"


@dataclass(frozen=True)
class Place:
    """A path read back.

    Attributes:
        kind: name of the place, as `Layout` has it (`qc`, `case`, …); `model.weights`, … for a trained model's files.
        model, stage, fold, center, case, table: the names in it; "" where it has none.
    """

    kind: str
    model: str = ""
    stage: str = ""
    fold: str = ""
    center: str = ""
    case: str = ""
    table: str = ""


class Layout:
    """Paths of one study's files.

    Args:
        results: the study's results folder.
        images: the results folder of the images and features, and of what is known of them without a label; default:
            the same. A draw of the permutation test reads its study's.

    >>> layout = Layout("results")
    >>> str(layout.model("net", "supervised", "0").weights)
    'results/models/net/supervised/fold0/weights.pt'
    >>> layout.parse("results/qc/UCSF.tsv").center
    'UCSF'
    """

    def __init__(self, results: str | Path, images: str | Path | None = None) -> None:
        self.results = Path(results)
        self.images = self.results if images is None else Path(images)

    def of_draw(self, draw: int) -> Layout:
        """Places of a draw of the permutation test: what labels decide has a folder of its own, images are the study's.

        >>> draw = Layout("results").of_draw(3)
        >>> str(draw.splits()), str(draw.qc("UCSF"))
        ('results/permuted/3/splits.tsv', 'results/qc/UCSF.tsv')
        """
        return Layout(self.results / f"permuted/{draw}", self.images)

    def parse(self, path: str | Path) -> Place:
        """The place and the names in a path.

        Raises:
            ValueError: no file or folder of a study lies there.
        """
        try:
            text = Path(path).relative_to(self.results).as_posix()
        except ValueError:
            raise ValueError(f"{path} does not lie in the results folder {self.results}") from None
        for kind, pattern in _patterns():
            if match := pattern.fullmatch(text):
                return Place(kind, **match.groupdict())
        raise ValueError(f"{path} is no file or folder of a study")

    # -- sources

    def phantom(self, center: str) -> Path:
        """Folder of a simulated centre's images and case table."""
        return self.images / "phantom" / center

    def planted_truth(self) -> Path:
        return self.images / "phantom/truth.tsv"

    def true_labels(self) -> Path:
        return self.images / "phantom/labels.tsv"

    def converted(self, center: str, case: str) -> Path:
        """Folder of a case's images, converted from DICOM."""
        return self.images / "converted" / center / case

    # -- cohort and audit

    def cases(self) -> Path:
        return self.results / "cohort/cases.tsv"

    def case_table(self, center: str) -> Path:
        return self.results / f"cohort/{center}.tsv"

    def patients(self, center: str) -> Path:
        """Cases and patients of a centre: what its splits and predictions need to know of it."""
        return self.results / f"cohort/patients/{center}.tsv"

    def labels(self, center: str) -> Path:
        """The same with the labels of the study's tasks: what its fits need to know of it."""
        return self.results / f"cohort/labels/{center}.tsv"

    def ages(self, center: str) -> Path:
        """Ages of a centre's cases, for the models that read them."""
        return self.results / f"cohort/ages/{center}.tsv"

    def sexes(self, center: str) -> Path:
        """Sexes of a centre's cases, for the models that read them."""
        return self.results / f"cohort/sexes/{center}.tsv"

    def outcomes(self, center: str) -> Path:
        """Columns of a centre's cases that survival is read from."""
        return self.results / f"cohort/outcomes/{center}.tsv"

    def hidden_labels(self, center: str) -> Path:
        return self.results / f"cohort/hidden/{center}.tsv"

    def audit(self) -> Path:
        return self.results / "cohort/audit.tsv"

    def source_findings(self, center: str) -> Path:
        return self.results / f"audit/{center}.source.tsv"

    def image_findings(self, center: str) -> Path:
        return self.images / f"audit/{center}.tsv"

    def fingerprints(self, center: str) -> Path:
        return self.images / f"audit/{center}.npz"

    def volumes(self, center: str) -> Path:
        return self.images / f"audit/{center}.volumes.tsv"

    def image_files(self, center: str) -> Path:
        """Digest and header of every image file of a centre."""
        return self.images / f"audit/{center}.files.tsv"

    def feature_findings(self) -> Path:
        return self.images / "audit/features/findings.tsv"

    def void_features(self) -> Path:
        """Features that carry nothing, by scenario."""
        return self.images / "audit/features/void.tsv"

    def prediction_findings(self) -> Path:
        """Findings on the models' predictions."""
        return self.results / "audit/predictions/findings.tsv"

    def approval(self) -> Path:
        return self.images / "audit/approved.txt"

    # -- images and features

    def preprocessed(self) -> Path:
        """Folder of all preprocessed cases, `<center>/<case>`."""
        return self.images / "preprocessed"

    def case(self, center: str, case: str) -> Path:
        """Folder of a preprocessed case."""
        return self.preprocessed() / center / case

    def preprocessed_cases(self, center: str) -> Path:
        """The preprocessed cases of a centre, each with a digest of its images: one small file for all of them."""
        return self.images / f"preprocessed/{center}.tsv"

    def qc(self, center: str) -> Path:
        return self.images / f"qc/{center}.tsv"

    def pictures(self, center: str) -> Path:
        """Folder of the pictures of a centre's cases."""
        return self.images / f"pictures/{center}"

    def qc_sheet(self, center: str) -> Path:
        return self.images / f"qc/{center}.png"

    def qc_pages(self, center: str) -> Path:
        return self.images / f"qc/{center}"

    def sent_effects(self, center: str) -> Path:
        """Effects of radiomic features at a hospital that keeps its scans, as it sent them."""
        return self.images / f"sites/{center}.effects.tsv"

    def sent_quality(self, center: str) -> Path:
        """Image quality at a hospital that keeps its scans, as it sent it."""
        return self.images / f"sites/{center}.quality.tsv"

    def radiomics(self, center: str) -> Path:
        return self.images / f"radiomics/{center}.tsv"

    def case_radiomics(self, center: str, case: str) -> Path:
        return self.images / f"radiomics/cases/{center}/{case}.tsv"

    # -- splits and models

    def splits(self) -> Path:
        return self.results / "splits.tsv"

    def development_splits(self) -> Path:
        return self.results / "splits/development.tsv"

    def external_splits(self, center: str) -> Path:
        return self.results / f"splits/external/{center}.tsv"

    def model(self, model: str, stage: str, fold: str) -> ModelFiles:
        return ModelFiles(self.results / f"models/{model}/{stage}/fold{fold}")

    def checkpoints(self, model: str, stage: str, fold: str) -> Path:
        """Folder of a running job's checkpoint, gone once it is done."""
        return self.results / f"checkpoints/{model}/{stage}/fold{fold}"

    def cache(self) -> Path:
        """Folder of the training images that all jobs map."""
        return self.images / "cache"

    def run_lock(self) -> Path:
        """Held by the one run that writes into these results."""
        return self.cache() / "run.lock"

    def content_digests(self) -> Path:
        """Digests of the images on disk, so that no start of the workflow reads them all again."""
        return self.cache() / "contents.json"

    def code_digests(self) -> Path:
        """Digests of the code of jobs, so that no start of the workflow reads it all again."""
        return self.cache() / "code.json"

    def pseudo_labels(self, model: str, stage: str, fold: str) -> Path:
        return self.results / f"pseudo_labels/{model}/{stage}/fold{fold}.tsv"

    def teacher(self, model: str, stage: str, fold: str) -> Path:
        return self.results / f"pseudo_labels/{model}/{stage}/fold{fold}.teacher.tsv"

    def pseudo_label_accuracy(self) -> Path:
        return self.results / "pseudo_labels/accuracy.tsv"

    def teachers(self) -> Path:
        return self.results / "pseudo_labels/teachers.tsv"

    # -- predictions

    def fold_predictions(self, model: str, center: str) -> Path:
        return self.results / f"fold_predictions/{model}/{center}.tsv"

    def deep_features(self, model: str, center: str) -> Path:
        return self.results / f"deep_features/{model}/{center}.tsv.gz"

    def calibration(self, model: str) -> Path:
        return self.results / f"calibration/{model}.tsv"

    def ensemble(self, model: str) -> Path:
        """Description of what belongs to all folds of a model together: temperatures, thresholds, prediction sets."""
        return self.results / f"calibration/{model}.json"

    def center_predictions(self, model: str, center: str) -> Path:
        return self.results / f"predictions/{model}/{center}.tsv"

    def predictions(self, model: str) -> Path:
        return self.results / f"predictions/{model}.tsv"

    def segmentations(self, model: str, center: str) -> Path:
        """Folder of a centre's segmented tumours."""
        return self.results / f"segmentations/{model}/{center}"

    def segmentation_scores(self, model: str, center: str) -> Path:
        return self.results / f"segmentations/{model}/{center}.tsv"

    def subset_predictions(self, model: str, center: str) -> Path:
        return self.results / f"modality_subsets/{model}/{center}.tsv.gz"

    def fusion_weights(self, model: str) -> Path:
        return self.results / f"modality_subsets/{model}.fusion.tsv"

    # -- what a reader opens

    def evaluation(self, table: str) -> Path:
        """A table of metrics: metrics, confusion, comparisons, thresholds, decoding, segmentation, modality_…"""
        return self.results / f"evaluation/{table}.tsv"

    def biomarkers(self, model: str) -> Path:
        return self.results / f"biomarkers/{model}.tsv"

    def shap_values(self, model: str) -> Path:
        """SHAP values of a model's leading deep features and inputs, of its validation cases."""
        return self.results / f"explanations/{model}.tsv.gz"

    def explained(self, model: str) -> Path:
        """Explainers, outputs and additivity gaps of a model's folds."""
        return self.results / f"explanations/{model}.folds.tsv"

    def shap_figure(self, model: str) -> Path:
        """Bars and beeswarms of a model's SHAP values."""
        return self.results / f"figures/shap/{model}.svg"

    def link_figure(self, model: str) -> Path:
        """Heat map of a model's links."""
        return self.results / f"figures/links/{model}.svg"

    def links(self, model: str) -> Path:
        return self.results / f"explanations/{model}.links.tsv.gz"

    def search(self, model: str) -> Path:
        """Counts of what was tested, linked and kept."""
        return self.results / f"explanations/{model}.search.tsv"

    def recovery(self) -> Path:
        return self.results / "biomarkers/recovery.tsv"

    def study(self) -> Path:
        """Record of what the results were made with, written with the page."""
        return self.results / "study.json"

    def page(self) -> Path:
        return self.results / "report/index.html"

    def checklist(self, guideline: str) -> Path:
        """A reporting guideline as the run answers it."""
        return self.results / f"report/{guideline}.md"

    def figure(self, table: str) -> Path:
        return self.results / f"figures/{table}.svg"

    def examples(self, model: str) -> Path:
        """Pictures of a case of low and one of high value for the strongest kept biomarkers of a model."""
        return self.results / f"figures/examples/{model}.png"

    def runs(self) -> Path:
        return self.results / "tracking/runs.tsv"

    def comparison(self) -> Path:
        """The page that leads from the report to MLflow's tables of all studies."""
        return self.results / "tracking/compare.html"

    def database(self) -> Path:
        return self.results / "mlflow.db"

    # -- what is in the folders that jobs leave: small files, which tell an unchanged folder from a new one

    def phantom_contents(self, center: str) -> Path:
        return self.images / f"contents/phantom/{center}.txt"

    def converted_contents(self, center: str, case: str) -> Path:
        return self.images / f"contents/converted/{center}/{case}.txt"

    def case_contents(self, center: str, case: str) -> Path:
        return self.images / f"contents/preprocessed/{center}/{case}.txt"

    def pictures_contents(self, center: str) -> Path:
        return self.images / f"contents/pictures/{center}.txt"

    # -- what jobs leave about themselves

    def log(self, *names: str) -> Path:
        """A job's log, by its rule and its wildcards."""
        return self.results / f"logs/{'/'.join(names)}.log"

    def benchmark(self, *names: str) -> Path:
        """The cost of a job, beside its log."""
        return self.results / f"benchmarks/{'/'.join(names)}.tsv"


def benchmark_of(log: str) -> Path:
    """The cost of a job, from the path of its log."""
    results, _, names = log.rpartition("logs/")
    return Layout(results).benchmark(names.removesuffix(".log"))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Every place with a pattern of its path; those with the most fixed letters first, since names match more."""
    layout, found = Layout(""), dict[str, Path]()
    for kind, method in vars(Layout).items():
        if kind.startswith("_") or isinstance(method, staticmethod):
            continue
        names = list(signature(method).parameters)[1:]
        if not set(names) <= _NAMES.keys():
            continue
        made = method(layout, *(f"{{{name}}}" for name in names))
        if isinstance(made, ModelFiles):
            files = [name for name, member in vars(ModelFiles).items() if isinstance(member, property)]
            found |= {f"{kind}.{name}": getattr(made, name) for name in files} | {kind: made.folder}
        else:
            found[kind] = made
    paths = {kind: path.as_posix() for kind, path in found.items()}
    fixed = {kind: len(re.sub(r"\{\w+\}", "", path)) for kind, path in paths.items()}
    return tuple((kind, _regex(paths[kind])) for kind in sorted(paths, key=lambda kind: -fixed[kind]))


def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", pattern)
    return re.compile(
        "".join(f"(?P<{part}>{_NAMES[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    )
