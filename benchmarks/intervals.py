"""Coverage of the evaluation's intervals and type-one error of its comparisons, by simulation; beside what went before.

    python benchmarks/intervals.py [--repeats 1000] [coverage] [patients] [centers] [pairs]

Before: percentiles of bootstrap resamples stratified by class (`resample_weights`), DerSimonian and Laird's summary
with a normal quantile, p values of bootstrap and DeLong standard errors with a normal quantile, all centres pooled.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import norm

from gliomanet.evaluation.estimates import Sample, estimate
from gliomanet.evaluation.metrics.classification import WeightedCases
from gliomanet.evaluation.metrics.registry import CLASSIFICATION, METRICS, ClassificationMetric
from gliomanet.evaluation.paired_estimates import paired_difference
from gliomanet.evaluation.statistics.areas import variance_over_patients
from gliomanet.evaluation.statistics.bootstrap import percentile_interval, resample_weights
from gliomanet.evaluation.statistics.paired import delong
from gliomanet.evaluation.statistics.random_effects import random_effects

DRAWS = 500
SIZES = (30, 100, 500)
PREVALENCES = (0.1, 0.3)
LEVEL = 0.95


def cases(rng: np.random.Generator, counts: tuple[int, int], distance: float, odds: float) -> tuple:
    """Truth and calibrated probabilities of binormal scores: (cases,), (cases, 2)."""
    truth = np.repeat([0, 1], counts)
    score = rng.normal(size=truth.size) + distance * truth
    p = 1 / (1 + np.exp(-(distance * score - distance**2 / 2 + odds)))
    return truth, np.stack([1 - p, p], 1)


def sample(rng: np.random.Generator, truth: np.ndarray, probability: np.ndarray, patients: np.ndarray) -> Sample:
    """The cases as the product takes them, with one seed of all draws."""
    seed = int(rng.integers(2**32))
    return Sample(truth, probability, patients, ("no", "yes"), DRAWS, LEVEL, lambda drawn: np.random.default_rng(seed))


def percentiles(metric: ClassificationMetric, one: Sample, weights: np.ndarray) -> tuple[float, float]:
    values = metric.values(WeightedCases(one.truth, one.probability, weights, one.classes))
    return percentile_interval(values[1:], LEVEL)[:2]


def coverage(repeats: int, rng: np.random.Generator) -> Iterator[list[str]]:
    """Coverage before and after."""
    yield ["metric", "AUC", *(f"n {n}, {p:g}" for n in SIZES for p in PREVALENCES)]
    names = [m.name for m in CLASSIFICATION if m.name not in ("mcc_at_threshold", "f1", "npv", "ece")]
    for area in (0.75, 0.93):
        distance, found = float(norm.ppf(area) * np.sqrt(2)), {name: [] for name in names}
        for n in SIZES:
            for prevalence in PREVALENCES:
                m = round(n * prevalence)
                odds = float(np.log(prevalence / (1 - prevalence)))
                many = cases(rng, (round(4e5 * (1 - prevalence)), round(4e5 * prevalence)), distance, odds)
                population = WeightedCases(*many, np.ones((many[0].size, 1)), ("no", "yes"))
                truths = {name: float(METRICS[name].values(population)[0]) for name in names}
                hits = {name: np.zeros(3) for name in names}
                for _ in range(repeats):
                    one = sample(rng, *cases(rng, (n - m, m), distance, odds), np.arange(n))
                    weights = resample_weights(one.patients.astype(str), one.truth, DRAWS, rng)
                    for name in names:
                        true = truths[name]
                        got = estimate(METRICS[name], one, "external")
                        if np.isnan(got.value):
                            continue
                        low, high = percentiles(METRICS[name], one, weights)
                        hits[name] += [low <= true <= high, got.low <= true <= got.high, 1]
                for name in names:
                    found[name].append(hits[name][:2] / hits[name][2])
        for name in names:
            yield [name, f"{area:g}", *(f"{before:.3f} → {after:.3f}" for before, after in found[name])]


def patients(repeats: int, rng: np.random.Generator) -> Iterator[list[str]]:
    """Coverage where each patient has three cases that are half alike: as cases, and as patients."""
    yield ["metric", "patients", "cases counted as patients", "patients"]
    distance = float(norm.ppf(0.9) * np.sqrt(2))

    def draw(owner: np.ndarray, truth: np.ndarray) -> np.ndarray:
        score = np.sqrt(0.5) * (rng.normal(size=owner.max() + 1)[owner] + rng.normal(size=owner.size))
        p = 1 / (1 + np.exp(-(distance * (score + distance * truth) - distance**2 / 2 - np.log(2))))
        return np.stack([1 - p, p], 1)

    for n in (20, 60, 200):
        hits = {name: np.zeros(2) for name in ("mcc", "sensitivity", "auc", "brier")}
        shared = np.repeat(np.arange(n), 3)
        truth = (shared < n // 3).astype(int)
        owner = np.repeat(np.arange(60_000), 3)
        whole = (owner < 20_000).astype(int)
        population = WeightedCases(whole, draw(owner, whole), np.ones((owner.size, 1)), ("no", "yes"))
        truths = {name: float(METRICS[name].values(population)[0]) for name in hits}
        for _ in range(repeats):
            probability = draw(shared, truth)
            for k, numbers in enumerate((np.arange(3 * n), shared)):
                one = sample(rng, truth, probability, numbers)
                for name in hits:
                    got = estimate(METRICS[name], one, "external")
                    hits[name][k] += got.low <= truths[name] <= got.high
        for name in hits:
            yield [name, str(n), *(f"{hit / repeats:.3f}" for hit in hits[name])]


def centers(repeats: int, rng: np.random.Generator) -> Iterator[list[str]]:
    """Coverage of the summary and of the prediction interval: sensitivity + specificity − 1, centres of 20 to 500."""
    yield ["centres", "spread of log odds", "normal", "Hartung–Knapp, or the wider normal", "prediction"]
    for number in (2, 3, 5, 8):
        for spread in (0.0, 0.3, 0.6, 1.0):
            inside = np.zeros(3)
            log_odds = np.array([1.2, 2.0])
            many = 1 / (1 + np.exp(-(log_odds + spread * rng.normal(size=(200_000, 2)))))
            true = float(many.sum(1).mean() - 1)
            for _ in range(repeats):
                n = rng.choice([20, 40, 80, 200, 500], number)
                sizes = np.maximum(2, np.round(n * rng.choice([0.1, 0.3, 0.5], number))).astype(int)
                sizes = np.stack([sizes, n - sizes], 1)
                shares = 1 / (1 + np.exp(-(log_odds + spread * rng.normal(size=(number, 2)))))
                k = rng.binomial(sizes, shares)
                variance = ((k + 0.5) * (sizes - k + 0.5) / ((sizes + 1) ** 2 * (sizes + 2))).sum(1)
                effect = (k / sizes).sum(1) - 1
                found = random_effects(effect, variance)
                error = 1 / np.sqrt((1 / (variance + found.tau2)).sum())
                following = float((1 / (1 + np.exp(-(log_odds + spread * rng.normal(size=2))))).sum() - 1)
                inside += [
                    abs(found.effect - true) <= norm.ppf((1 + LEVEL) / 2) * error,
                    found.ci_low <= true <= found.ci_high,
                    found.pi_low <= following <= found.pi_high,
                ]
            shown = [f"{share:.3f}" for share in inside / repeats]
            yield [str(number), f"{spread:g}", shown[0], *(shown[1:] if number > 2 else ["no interval"] * 2)]


def pairs(repeats: int, rng: np.random.Generator) -> Iterator[list[str]]:
    """Share of pairs of equally good models that are told apart at .05."""
    yield ["metric", "correlation", *(f"n {n}, {p:g}" for n in SIZES for p in PREVALENCES)]
    rows: dict[tuple[str, float], list[str]] = {}
    for n in SIZES:
        for prevalence in PREVALENCES:
            for alike in (0.3, 0.8, 0.95):
                wrong = np.zeros(4)
                for _ in range(repeats):
                    truth = (np.arange(n) < round(n * prevalence)).astype(int)
                    noise = rng.normal(size=(2, n))
                    scores = noise[0] + truth * 1.5, alike * noise[0] + np.sqrt(1 - alike**2) * noise[1] + truth * 1.5
                    both = [
                        sample(rng, truth, np.stack([1 - p, p], 1), np.arange(n))
                        for p in (1 / (1 + np.exp(-(score - 1))) for score in scores)
                    ]
                    weights = resample_weights(both[0].patients.astype(str), truth, DRAWS, rng)
                    mcc = METRICS["mcc"]
                    gaps = np.subtract(
                        *(mcc.values(WeightedCases(s.truth, s.probability, weights, s.classes)) for s in both)
                    )
                    areas = [s.area() for s in both]
                    error = np.sqrt(variance_over_patients(areas[0].influence - areas[1].influence, np.arange(n)))
                    wrong += [
                        _normal_p(gaps[0], gaps[1:].std(ddof=1)) < 0.05,
                        paired_difference(mcc, *both).p < 0.05,
                        _normal_p(areas[0].value - areas[1].value, error) < 0.05,
                        paired_difference(METRICS["auc"], *both).p < 0.05,
                    ]
                for k, name in enumerate(("mcc", "auc")):
                    before, after = wrong[2 * k : 2 * k + 2] / repeats
                    rows.setdefault((name, alike), []).append(f"{before:.3f} → {after:.3f}")
    yield from ([name, f"{alike:g}", *cells] for (name, alike), cells in sorted(rows.items()))
    yield ["auc, a model that knows the centres' shares only", "0", *([""] * 4), _by_centre(repeats, rng), ""]


def _by_centre(repeats: int, rng: np.random.Generator) -> str:
    """Three centres, of which .1, .3 and .6 are positive; neither model knows more of a case than its centre."""
    wrong = np.zeros(2)
    for _ in range(repeats):
        strata, influence, gap, weight = [], [], 0.0, 0.0
        scores, truths = [[], []], []
        for number, share in enumerate((0.1, 0.3, 0.6)):
            truth = (np.arange(166) < round(166 * share)).astype(int)
            part = [share + 0.1 * rng.random(166), rng.random(166)]
            areas = [sample(rng, truth, np.stack([1 - p, p], 1), np.arange(166)).area() for p in part]
            size = truth.sum() * (1 - truth).sum() / 166
            gap, weight = gap + size * (areas[0].value - areas[1].value), weight + size
            strata.append(2 * number + truth)
            influence.append([size * area.influence for area in areas])
            truths.append(truth)
            scores[0].append(part[0])
            scores[1].append(part[1])
        first, second = (np.concatenate([one[k] for one in influence]) / weight for k in (0, 1))
        wrong[1] += delong(first, second, gap / weight, np.concatenate(strata), np.arange(498), LEVEL).p < 0.05
        truth = np.concatenate(truths)
        both = [sample(rng, truth, np.stack([1 - p, p], 1), np.arange(498)) for p in map(np.concatenate, scores)]
        wrong[0] += paired_difference(METRICS["auc"], *both).p < 0.05
    return f"{wrong[0] / repeats:.3f} → {wrong[1] / repeats:.3f}"


def _normal_p(value: float, error: float) -> float:
    if error <= 1e-12:
        return 1.0 if abs(value) < 1e-12 else 0.0
    return float(2 * norm.sf(abs(value) / error))


STUDIES: dict[str, Callable[[int, np.random.Generator], Iterator[list[str]]]] = {
    "coverage": coverage,
    "patients": patients,
    "centers": centers,
    "pairs": pairs,
}


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="*", choices=[*STUDIES, []], default=[*STUDIES])
    parser.add_argument("--repeats", type=int, default=1000)
    arguments = parser.parse_args()
    for name in arguments.studies:
        rows = STUDIES[name](arguments.repeats, np.random.default_rng(0))
        for place, row in enumerate(rows):
            print("| " + " | ".join(row) + " |", flush=True)
            if not place:
                print("|" + "---|" * len(row), flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
