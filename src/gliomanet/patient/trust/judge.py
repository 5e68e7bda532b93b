"""The judgement of a patient's images: distances, checks and reasons, beside the training cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from gliomanet.patient.statements.statement import Statement, state
from gliomanet.patient.trust.calibration import FALSE_ALARMS, Calibrated, calibrate
from gliomanet.patient.trust.deep import deep_vectors
from gliomanet.patient.trust.features import feature_vectors, modalities_lacking
from gliomanet.patient.trust.metrics import METRICS, metrics_of
from gliomanet.patient.trust.physical import Finding
from gliomanet.patient.trust.reference import TrustReference, subset_name
from gliomanet.patient.trust.said import Check, Distance, DistanceOf, Trust, Verdict
from gliomanet.patient.trust.spread import Spread, farthest

_SHOWN = 5
_FEATURES_SHOWN = 3


def judge(
    reference: TrustReference | None,
    look: Mapping[str, float],
    modalities: tuple[str, ...],
    deep: Mapping[str, pd.DataFrame],
    *,
    lacks: Mapping[str, Sequence[str]],
    features: pd.DataFrame | None = None,
    flags: Sequence[str] = (),
    findings: Sequence[Finding] = (),
) -> Trust:
    """Judge a case.

    Args:
        reference: of the bundle; `None` where it has none.
        look: of the case, see `look.look_of_case`.
        modalities: that it has.
        deep: model → its rows of `DEEP_FEATURES`, of the folds that were asked.
        lacks: model → modalities that it takes and the case does not have.
        features: of the case, one row of radiomic features; `None` or no row of a case without a tumour mask.
        flags: what preprocessing found that a person should look at.
        findings: what needs no training cases to be seen.
    """
    physical = tuple(one.says for one in sorted(findings, key=lambda one: not one.far))
    flagged = tuple(state("trust.flag", flag=flag) for flag in flags)
    unusable = any(one.far for one in findings)
    if reference is None or not (reference.looks or reference.deep or reference.features):
        why = (state("trust.no_reference"),) if reference is None else reference.lacking
        verdict: Verdict = "do not use" if unusable else "look first" if physical or flags else "not judged"
        return Trust(
            verdict=verdict, reasons=(*physical, *flagged), false_alarms=None, distances=(), checks=(), notes=why
        )
    models = [model for model in deep if model in reference.deep and len(deep[model])]
    counted = [model for model in models if not lacks.get(model)]
    measured = _measured(reference, features, modalities)
    whole = [model for model, (_, lacking) in measured.items() if not lacking]
    families = len(counted) + bool(reference.looks) + len(whole)
    level = FALSE_ALARMS / max(families, 1)
    found: list[tuple[Distance, Calibrated]] = []
    if reference.looks and (judged := _judge_look(reference, look, modalities, level)) is not None:
        found.append(judged)
    for model in models:
        if (of := _judge_deep(reference, model, deep[model], level, counts=model in counted)) is not None:
            found.append(of)
    for model, (vectors, lacking) in measured.items():
        if (of := _judge_features(reference, model, vectors, level, counts=not lacking)) is not None:
            found.append(of)
    checks = _checks(reference, look, modalities, level)
    reasons = [sentence for distance, of in found if distance.counts for sentence in _reasons(distance, of, checks)]
    alarming = [distance.model for distance, of in found if distance.of == "radiomic features" and of.alarm]
    reasons += [
        one for model in whole if model in alarming for one in _worst_features(reference, model, measured[model][0])
    ]
    counting = [(distance, of) for distance, of in found if distance.counts]
    far = unusable or any(of.far for _, of in counting)
    calm: Verdict = "usable" if counting else "not judged"
    verdict = "do not use" if far else "look first" if reasons or physical or flags else calm
    notes = [*reference.lacking, state("trust.left_right"), *(() if counting else (state("trust.none_alike"),))]
    notes += [
        state("trust.deep_does_not_count", model=model, modalities=tuple(lacks[model]))
        for model in models
        if model not in counted
    ]
    notes += [
        state("trust.features_do_not_count", model=model, modalities=tuple(lacking))
        for model, (_, lacking) in measured.items()
        if lacking
    ]
    return Trust(
        verdict=verdict,
        reasons=(*physical, *reasons, *flagged),
        false_alarms=sum(of.alarm_at for _, of in counting) if counting else None,
        distances=tuple(distance for distance, _ in found),
        checks=checks,
        notes=tuple(notes),
    )


def _judge_look(
    reference: TrustReference, look: Mapping[str, float], modalities: tuple[str, ...], level: float
) -> tuple[Distance, Calibrated] | None:
    names, subset = metrics_of(modalities), subset_name(modalities)
    distances = {fold: farthest(of.spread.deviations(look), names) for fold, of in reference.looks.items()}
    held_out = {fold: of.held_out[subset] for fold, of in reference.looks.items() if subset in of.held_out}
    of = calibrate(distances, held_out, level)
    return None if of is None else (_distance("", distances, of, counts=True, what="look"), of)


def _judge_deep(
    reference: TrustReference, model: str, table: pd.DataFrame, level: float, *, counts: bool
) -> tuple[Distance, Calibrated] | None:
    distances = {}
    for fold, rows in table.groupby("fold"):
        if (known := reference.deep[model].get(str(fold))) is None:
            continue
        vectors = deep_vectors(rows)
        if len(vectors) and set(known.spread.columns) <= set(vectors):
            distances[str(fold)] = float(known.spread.distances(vectors)[0])
    of = calibrate(distances, {fold: one.held_out for fold, one in reference.deep[model].items()}, level)
    return None if of is None else (_distance(model, distances, of, counts=counts), of)


def _measured(
    reference: TrustReference, features: pd.DataFrame | None, modalities: tuple[str, ...]
) -> dict[str, tuple[pd.DataFrame, list[str]]]:
    """Model → the case's radiomic features that it takes, and the modalities that they lack."""
    found: dict[str, tuple[pd.DataFrame, list[str]]] = {}
    if features is None or features.empty:
        return found
    for model, of_folds in reference.features.items():
        columns = dict.fromkeys(name for one in of_folds.values() for name in one.spread.normal.columns)
        vectors = feature_vectors(features, list(columns))
        if len(vectors):
            lacking = [name for name in modalities_lacking(vectors) if name not in modalities]
            found[model] = (vectors, lacking)
    return found


def _judge_features(
    reference: TrustReference, model: str, vectors: pd.DataFrame, level: float, *, counts: bool
) -> tuple[Distance, Calibrated] | None:
    of_folds = reference.features[model]
    distances = {fold: float(one.spread.distances(vectors)[0]) for fold, one in of_folds.items()}
    of = calibrate(distances, {fold: one.held_out for fold, one in of_folds.items()}, level)
    return None if of is None else (_distance(model, distances, of, counts=counts, what="radiomic features"), of)


def _worst_features(reference: TrustReference, model: str, vectors: pd.DataFrame) -> Iterator[Statement]:
    """Statements on the features that lie farthest out, by themselves."""
    spread = next(iter(reference.features[model].values())).spread
    for place in np.argsort(-spread.deviations(vectors), kind="stable")[:_FEATURES_SHOWN]:
        name, (low, _, high) = spread.normal.columns[place], spread.quantiles[place]
        value = float(vectors[name].iloc[0])
        yield state("trust.feature", feature=name, value=value, low=float(low), high=float(high))


def _distance(
    model: str, distances: Mapping[str, float], of: Calibrated, *, counts: bool, what: DistanceOf = "deep features"
) -> Distance:
    mean = float(np.mean(list(distances.values())))
    return Distance(
        of=what,
        model=model,
        distance=mean,
        p=of.p,
        held_out=of.cases,
        alarm_at=of.alarm_at,
        over_alarm=of.over,
        alarm=of.alarm,
        counts=counts,
    )


def _checks(
    reference: TrustReference, look: Mapping[str, float], modalities: tuple[str, ...], level: float
) -> tuple[Check, ...]:
    """Every metric of the case, in the metrics' order."""
    subset = subset_name(modalities)
    held_out = [of.held_out[subset] for of in reference.looks.values() if subset in of.held_out]
    if not held_out:
        return ()
    pooled = np.concatenate(held_out)
    alarm_at = float(np.quantile(pooled, 1 - max(level, 1 / (len(pooled) + 1)), method="higher"))
    deviations = _mean_deviations([of.spread for of in reference.looks.values()], look)
    found = []
    for name in metrics_of(modalities):
        if name in deviations and name in reference.whole.quantiles:
            low, _, high = reference.whole.quantiles[name]
            found.append(
                Check(
                    metric=name,
                    says=METRICS[name].says,
                    value=look[name],
                    usual_low=low,
                    usual_high=high,
                    deviation=deviations[name],
                    alarm_at=alarm_at,
                    alarm=deviations[name] > alarm_at,
                )
            )
    return tuple(found)


def _mean_deviations(spreads: Sequence[Spread], look: Mapping[str, float]) -> dict[str, float]:
    of_folds = [spread.deviations(look) for spread in spreads]
    names = [name for name in METRICS if all(name in one for one in of_folds)]
    return {name: float(np.mean([one[name] for one in of_folds])) for name in names}


def _reasons(distance: Distance, of: Calibrated, checks: tuple[Check, ...]) -> list[Statement]:
    """Statements on a distance that alarms."""
    if not of.alarm:
        return []
    how = "far" if of.far else "first"
    if distance.model:
        alarming_from = distance.distance / max(of.over, 1e-9)
        figures = {"distance": distance.distance, "alarming_from": alarming_from}
        rate = {"p": distance.p, "held_out": distance.held_out}
        kind = "features" if distance.of == "radiomic features" else "deep"
        return [state(f"trust.{kind}_{how}", model=distance.model, **figures, **rate)]
    worst = sorted((one for one in checks if one.deviation > 0), key=lambda one: -one.deviation)
    alarming = [one for one in worst if one.alarm] or worst[:1]
    counts = {"alarming": len(alarming), "checks": len(checks), "held_out": distance.held_out}
    said = [state(f"trust.look_{how}", **counts, p=distance.p), *(_check(one) for one in alarming[:_SHOWN])]
    if len(alarming) > _SHOWN:
        said.append(state("trust.more_checks", count=len(alarming) - _SHOWN))
    return said


def _check(check: Check) -> Statement:
    metric = METRICS[check.metric]
    is_low = check.value < (check.usual_low + check.usual_high) / 2 if metric.bad == "both" else metric.bad == "low"
    return state(
        "trust.check",
        metric=check.says,
        value=check.value,
        low=check.usual_low,
        high=check.usual_high,
        think_of=state(f"think_of.{metric.low if is_low else metric.high}"),
    )
