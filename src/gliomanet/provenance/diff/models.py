"""Models in which two studies differ: their code, their fits, and the software that trained them."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.provenance.diff.change import Change
from gliomanet.provenance.finished import FinishedStudy

_CODE = {"preprocess_case": "preprocessing code", "evaluate": "evaluation code"}
_CODE_OF_MODELS = {"train": "training code", "predict_center": "prediction code"}


def model_changes(a: FinishedStudy, b: FinishedStudy) -> Iterator[Change]:
    """Models added and removed; of the others code and fits; versions of all software together.

    A fit's digest covers everything that it depends on, so that equal digests are equal weights on one machine.
    """
    for model in dict.fromkeys((*a.models, *b.models)):
        if model not in b.models:
            yield Change("models", "model removed", model=model)
        elif model not in a.models:
            yield Change("models", "model added", model=model)
        else:
            yield from _of_both(a, b, model)
    for kind, what in _CODE.items():
        yield from _differing(what, "", kind, a.record.code.get(kind, ""), b.record.code.get(kind, ""))
    yield from _differing("gliomanet", "", "version", a.record.gliomanet, b.record.gliomanet)
    yield from _differing("gliomanet", "", "commit", a.record.commit, b.record.commit)
    versions = _versions(a), _versions(b)
    for package in sorted({**versions[0], **versions[1]}):
        yield from _differing("software", "", package, *(known.get(package, "") for known in versions))


def _of_both(a: FinishedStudy, b: FinishedStudy, model: str) -> Iterator[Change]:
    for kind, what in _CODE_OF_MODELS.items():
        yield from _differing(what, model, kind, a.record.code[kind].get(model, ""), b.record.code[kind].get(model, ""))
    digests = _digests(a, model), _digests(b, model)
    for fit in dict.fromkeys((*digests[0], *digests[1])):
        yield from _differing("fit", model, fit, *(known.get(fit, "") for known in digests))


def _differing(what: str, model: str, key: str, one: str, other: str) -> Iterator[Change]:
    if one != other:
        yield Change("models", what, model=model, key=key, a=one, b=other)


def _digests(study: FinishedStudy, model: str) -> dict[str, str]:
    return {f"{one.stage}/fold{one.fold}": one.digest for one in study.fits.values() if one.model == model}


def _versions(study: FinishedStudy) -> dict[str, str]:
    """Package → every version of it that trained a model of the study."""
    found: dict[str, set[str]] = {}
    for one in study.fits.values():
        for package, version in one.versions.items():
            found.setdefault(package, set()).add(version)
    return {package: ", ".join(sorted(versions)) for package, versions in found.items()}
