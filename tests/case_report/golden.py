"""Made-up results of patients that never were, as golden cases: every type, abstention, contradiction and lack."""

from __future__ import annotations

from typing import Any

from gliomanet.bundle.external import ExternalMetric
from gliomanet.bundle.survival import AtYears, SurvivalGroup
from gliomanet.patient import diagnosis
from gliomanet.patient.diameters import Diameters
from gliomanet.patient.explained import Explained
from gliomanet.patient.protocol import beside_protocol
from gliomanet.patient.result import (
    CaseFacts,
    ClassAnswer,
    InputFile,
    IntegratedType,
    Preparation,
    Quality,
    ResultValues,
    Segmentation,
    Source,
    TaskAnswer,
    Volume,
)
from gliomanet.patient.statements.statement import Statement, state, technical
from gliomanet.patient.survival import ReferenceSurvival
from gliomanet.patient.trust.said import Check, Distance, Trust, Verdict
from gliomanet.patient.vasari import THICK_MM, UNTOLD, Vasari, VasariFeature, scale_of

CASE_ID = "JaneDoe-1961"
"""An id that tells too much, which no report may show among its facts."""

CLASSES = {"idh": ("wildtype", "mutant"), "codel_1p19q": ("intact", "codeleted"), "grade": ("2", "3", "4")}
GBM = {"idh": (0.94, 0.06), "codel_1p19q": (0.97, 0.03), "grade": (0.03, 0.08, 0.89)}
ASTRO = {"idh": (0.08, 0.92), "codel_1p19q": (0.88, 0.12), "grade": (0.2, 0.68, 0.12)}
OLIGO = {"idh": (0.05, 0.95), "codel_1p19q": (0.11, 0.89), "grade": (0.81, 0.17, 0.02)}
SETS_GBM = {"idh": ("wildtype",), "codel_1p19q": ("intact",), "grade": ("4",)}
SETS_ASTRO = {"idh": ("mutant",), "codel_1p19q": ("intact",), "grade": ("3",)}
SETS_OLIGO = {"idh": ("mutant",), "codel_1p19q": ("codeleted",), "grade": ("2",)}
TYPES = (diagnosis.GLIOBLASTOMA, diagnosis.ASTROCYTOMA, diagnosis.OLIGODENDROGLIOMA, diagnosis.LEGACY)
ALL = ("t1", "t1c", "t2", "flair")


def task(
    name: str,
    probabilities: tuple[float, ...],
    members: tuple[str, ...],
    classes: tuple[str, ...] = (),
    label: str = "",
    called: str = "",
) -> TaskAnswer:
    """An answer with a prediction set; called is the most probable class unless it is told."""
    names = classes or CLASSES[name]
    best = names[max(range(len(names)), key=lambda place: probabilities[place])]
    return TaskAnswer(
        task=name,
        label=label or name,
        classes=tuple(
            ClassAnswer(
                name=one,
                probability=p,
                raw_probability=p,
                joint_probability=p,
                fold_std=0.05,
                pass_std=None,
                set_p=0.4 if one in members else 0.02,
                in_set=one in members,
            )
            for one, p in zip(names, probabilities, strict=True)
        ),
        uncertainty=0.4,
        uncertainty_share=0.41,
        called=called or best,
        threshold=0.5,
        prediction_set=members,
        set_level=0.9,
        abstains=len(members) != 1,
        worth_of_modalities=None,
    )


def tasks(probabilities: dict[str, tuple[float, ...]], sets: dict[str, tuple[str, ...]]) -> tuple[TaskAnswer, ...]:
    """The three questions of the WHO's diagnoses, or those that are given."""
    return tuple(task(name, probabilities[name], sets[name]) for name in probabilities)


def types(open_ones: tuple[str, ...], probabilities: tuple[float, ...] = (0.7, 0.2, 0.07, 0.03)) -> Any:
    """All types; those that are open first."""
    names = (*open_ones, *(name for name in TYPES if name not in open_ones))[: len(probabilities)]
    return tuple(
        IntegratedType(name=name, probability=p, open=name in open_ones)
        for name, p in zip(names, probabilities, strict=True)
    )


def inputs(*modalities: str, voxel: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> tuple[InputFile, ...]:
    """Images that were given."""
    return tuple(
        InputFile(image=one, digest="0" * 32, voxels=(240, 240, 155), voxel_mm=voxel, orientation="LPS")
        for one in modalities
    )


def outline(
    core: float = 9.0,
    oedema: float = 41.3,
    enhancing: float = 17.6,
    left: float | None = 0.97,
    source: str = "network net",
    parts: bool = True,
) -> Segmentation:
    """An outline with volumes in ml."""
    volumes = {
        "whole": core + oedema + enhancing,
        "core": core + enhancing,
        "enhancing": enhancing,
        "necrosis or non-enhancing core": core,
        "oedema": oedema,
    }
    return Segmentation(
        source=source,
        parts_told=parts,
        volumes=tuple(
            Volume(region=name, volume_ml=ml, left_share=left if ml else None, on_atlas_ml=1.2 * ml)
            for name, ml in volumes.items()
            if parts or name == "whole"
        ),
    )


def vasari(found: Segmentation, pieces: int = 1, crosses: bool = False, seen: tuple[str, ...] = ALL) -> Vasari:
    """Features of VASARI as an outline of its volumes tells them."""
    of = {one.region: one.volume_ml for one in found.volumes}
    left = found.volumes[0].left_share or 0.0
    features = [_feature(c, None, None, "") for c in UNTOLD]
    side = "left" if left >= 2 / 3 else "right" if left <= 1 / 3 else "centre"
    told: list[tuple[str, str | None, float | None, str]] = [
        ("f2", side, left, "share"),
        ("f9", "focal" if pieces == 1 else "multifocal", pieces, "pieces"),
    ]
    shares = {"f5": "enhancing", "f6+f7": "necrosis or non-enhancing core", "f14": "oedema"}
    for code, region in shares.items():
        share = of[region] / of["whole"] if found.parts_told else None
        told.append((code, None if share is None else scale_of(share), share, "share"))
    if found.parts_told:
        told.append(("f4", "present" if of["enhancing"] else "none", None, ""))
        told.append(("f11", "thick" if of["enhancing"] else "none", 4.2, "mm"))
        told.append(("f15", "yes" if crosses else "no", 0.9 if crosses else 0.0, "ml"))
        told.append(("f22", "no" if of["necrosis or non-enhancing core"] else "no_such_part", 0.0, "ml"))
        told.append(("f23", ("yes" if crosses else "no") if of["enhancing"] else "no_such_part", 0.0, "ml"))
        told.append(("f24", "present" if pieces > 2 else "none", max(pieces - 2, 0), "pieces"))
    if found.source != "given":
        hidden = {"f4", "f5", "f6+f7", "f11", "f22", "f23", "f24"} if "t1c" not in seen else set()
        hidden |= {"f14", "f15"} if not {"t2", "flair"} & {*seen} else set()
        told = [(code, None, None, "") if code in hidden else (code, *rest) for code, *rest in told]
    features += [_feature(*one) for one in told]
    features.sort(key=lambda one: int(one.code.partition("+")[0].removeprefix("f")))
    sizes = [("whole", 71.4, 48.2)] + ([("enhancing", 38.6, 29.1)] if of.get("enhancing") and "t1c" in seen else [])
    return Vasari(
        features=tuple(features),
        diameters=tuple(
            Diameters(region=r, largest_mm=a, perpendicular_mm=b, slice=60, axis=2, slice_mm=1.0) for r, a, b in sizes
        ),
    )


def _feature(code: str, value: str | None, measured: float | None, unit: str) -> VasariFeature:
    """A feature as `vasari_of` makes it."""
    limit = {"mm": THICK_MM} if value == "thick" else {}
    return VasariFeature(
        code=code,
        name=state(f"vasari.name.{code.replace('+', '_')}"),
        value=None if value is None else state(f"vasari.value.{value}", **limit),
        measured=measured,
        unit=unit,
        note=state("vasari.note.side_of_core" if code == "f2" else "vasari.note.needs_reader"),
    )


def trust(
    verdict: Verdict = "usable", alarming: int = 0, network: bool = False, physical: tuple[Statement, ...] = ()
) -> Trust:
    """A verdict with its distances, its checks and the reasons that `judge` makes of them, after those given."""
    checks = tuple(
        Check(
            metric=f"detail_{name}",
            says=technical(f"fine detail in {name}"),
            value=2.0,
            usual_low=0.5,
            usual_high=1.5,
            deviation=6.0 if place < alarming else 0.1,
            alarm_at=3.0,
            alarm=place < alarming,
        )
        for place, name in enumerate(ALL)
    )
    far = "far" if verdict == "do not use" else "first"
    rate = {"p": 0.004, "held_out": 240}
    reasons = list(physical)
    if alarming:
        reasons.append(state(f"trust.look_{far}", alarming=alarming, checks=len(checks), **rate))
        think_of = state("think_of.blurred")
        reasons += [
            state("trust.check", metric=one.says, value=2.0, low=0.5, high=1.5, think_of=think_of)
            for one in checks[:alarming]
        ]
    if network:
        reasons.append(state(f"trust.deep_{far}", model="net", distance=5.1, alarming_from=3.2, **rate))
    if verdict == "not judged":
        return Trust(
            verdict=verdict, reasons=(), false_alarms=None, distances=(), checks=(), notes=(technical("nothing"),)
        )
    distances = [_distance("look", alarming > 0), _distance("deep features", network)]
    return Trust(
        verdict=verdict,
        reasons=tuple(reasons),
        false_alarms=0.05,
        distances=tuple(distances),
        checks=checks,
        notes=(state("trust.left_right"),),
    )


ASTRAY = state("trust.astray", stretch=1.4164, most=1.3)
SMALL = state("trust.small_first", volume=966.3, least=1000.0)
TOO_SMALL = state("trust.small_far", volume=589.4, least=750.0)
CUT = state("trust.cut", one="flair", section=68.7, share=0.0368)
TWO_HEADS = state(
    "trust.two_heads", group=("t1", "t1c"), rest=("t2", "flair"), one="t1", other="t2", share=0.834, most=0.45
)


def _distance(of: Any, alarm: bool) -> Distance:
    return Distance(
        of=of,
        distance=5.1 if alarm else 1.2,
        p=0.004 if alarm else 0.45,
        held_out=240,
        alarm_at=0.025,
        over_alarm=1.6 if alarm else 0.4,
        alarm=alarm,
        counts=True,
    )


def group(name: str, n: int, deaths: int, median: float | None, band: str = "all") -> SurvivalGroup:
    """A group of reference patients, pooled."""
    return SurvivalGroup(
        center="pooled",
        group=name,
        age_band=band,
        resection="all",
        label="all",
        n=n,
        deaths=deaths,
        median_months=median,
        median_low=None if median is None else round(median * 0.85, 1),
        median_high=None if median is None else round(median * 1.2, 1),
        followup_months=24.0,
        at_years=(AtYears(years=1, survival=0.62, low=0.55, high=0.69),),
        curve=(),
        note="" if median is not None else "too few events",
    )


def survival(*groups: SurvivalGroup, band: str = "50–60", simulated: bool = False) -> ReferenceSurvival:
    """Reference survival of the groups."""
    return ReferenceSurvival(
        types=tuple(dict.fromkeys(one.group for one in groups)),
        contradictory=False,
        age_band=band,
        confidence=0.95,
        centers=("SITE_A", "SITE_B"),
        simulated=("SITE_A", "SITE_B") if simulated else (),
        groups=groups,
        lacking=(),
    )


def external(task_name: str = "idh", value: float | None = 0.87) -> tuple[ExternalMetric, ...]:
    """AUC of the model and of age alone in an external centre."""
    rows = (("net", False, value, 0.81, 0.92), ("age", True, 0.79, 0.72, 0.86))
    return tuple(
        ExternalMetric(
            center="pooled",
            task=task_name,
            metric="auc",
            model=model,
            reference=is_reference,
            value=auc,
            low=None if auc is None else low,
            high=None if auc is None else high,
            n=214,
            n_positive=88,
            note="",
        )
        for model, is_reference, auc, low, high in rows
    )


def result(
    *,
    simulated: bool = False,
    fast: bool = False,
    age: float | None = 57.0,
    sex: Any = "F",
    from_tables: bool = False,
    flags: tuple[str, ...] = (),
    names_accepted: bool = False,
    outside: int = 0,
    **parts: Any,
) -> ResultValues:
    """A glioblastoma that was answered without doubt; every part can be another."""
    found = parts.pop("segmentation", outline())
    seen = tuple(one.image for one in parts.get("inputs", inputs(*ALL)))
    warnings = (state("simulated"),) * simulated + (state("warning.feature_tables"),) * from_tables
    content: dict[str, Any] = {
        "gliomanet": "0.0",
        "made_at": "2026-11-29T07:00:00+00:00",
        "warnings": warnings,
        "trust": trust(),
        "bundle": Source(
            title="A study", model="net", scenario="pooled", digest="ab" * 32, simulated=simulated, fast=fast
        ),
        "case": CaseFacts(case_id=CASE_ID, center="new", age=age, sex=sex, mask_codes=""),
        "inputs": inputs(*ALL),
        "preparation": Preparation(
            names_accepted=names_accepted,
            found=(),
            steps=(),
            flags=tuple(map(technical, flags)),
            quality=tuple(
                Quality(metric=f"snr_{n}", value=9.0, low=1.0, high=5.0 if n < outside else 20.0, outside=n < outside)
                for n in range(4)
            ),
        ),
        "tasks": tasks(GBM, SETS_GBM),
        "compatible_with": types((diagnosis.GLIOBLASTOMA,)),
        "protocol": (),
        "segmentation": found,
        "features": (),
        "survival": None,
        "external": external(),
        "explained": Explained(asked=False, attribution=(), worth_of_inputs=()),
        "vasari": vasari(found, seen=seen) if found is not None and found.volumes[0].volume_ml > 0 else None,
        "not_assessed": (),
        "notes": (),
        "files": {},
    }
    told = content | parts
    return ResultValues(**(told | {"protocol": beside_protocol(told["inputs"])}))


def _astro(grade: tuple[str, ...] = ("3",), **more: Any) -> ResultValues:
    sets = {**SETS_ASTRO, "grade": grade}
    plain = {"age": 38.0, "compatible_with": types((diagnosis.ASTROCYTOMA,))}
    return result(tasks=tasks(ASTRO, sets), **(plain | more))


def _oligo(grade: tuple[str, ...] = ("2",), **more: Any) -> ResultValues:
    sets = {**SETS_OLIGO, "grade": grade}
    plain = {"age": 44.0, "compatible_with": types((diagnosis.OLIGODENDROGLIOMA,))}
    return result(tasks=tasks(OLIGO, sets), **(plain | more))


def _unsure(sets: dict[str, tuple[str, ...]], open_ones: tuple[str, ...], **more: Any) -> ResultValues:
    return result(tasks=tasks(ASTRO, sets), compatible_with=types(open_ones), **more)


GBM_NAME = "glioblastoma, IDH-wildtype, grade 4"
BOTH_MUTANT = (diagnosis.ASTROCYTOMA, diagnosis.OLIGODENDROGLIOMA)
WILDTYPE_CODELETED = {"idh": ("wildtype",), "codel_1p19q": ("codeleted",), "grade": ("4",)}
NO_OUTLINE = {"segmentation": None}
MGMT = task("mgmt", (0.3, 0.7), ("methylated",), ("unmethylated", "methylated"))


def golden() -> dict[str, ResultValues]:
    """Name → result, some forty."""
    low_classes = ("2-3", "4")
    return {
        "glioblastoma": result(),
        "glioblastoma_right": result(segmentation=outline(left=0.02), sex="M", age=63.4),
        "glioblastoma_over_89": result(age=93.0),
        "glioblastoma_of_89": result(age=89.7),
        "glioblastoma_with_reference": result(
            survival=survival(group(GBM_NAME, 367, 223, 16.4), group(GBM_NAME, 100, 60, 20.1, "50–60"))
        ),
        "glioblastoma_not_enhancing": result(segmentation=outline(enhancing=0.0, core=12.0)),
        "glioblastoma_bilateral": result(segmentation=outline(left=0.48)),
        "multifocal_across_midline": result(vasari=vasari(outline(left=0.55), pieces=4, crosses=True)),
        "astrocytoma_2": _astro(("2",)),
        "astrocytoma_3": _astro(),
        "astrocytoma_4": _astro(("4",)),
        "astrocytoma_any_grade": _astro(("2", "3", "4")),
        "astrocytoma_too_few": _astro(survival=survival(group("astrocytoma, IDH-mutant, grade 3", 27, 3, None))),
        "oligodendroglioma_2": _oligo(),
        "oligodendroglioma_3": _oligo(("3",)),
        "oligodendroglioma_right": _oligo(segmentation=outline(left=0.1, enhancing=0.0)),
        "wildtype_lower_grade": result(
            tasks=tasks(GBM, {**SETS_GBM, "grade": ("3",)}), compatible_with=types((diagnosis.LEGACY,))
        ),
        "wildtype_ungraded": result(
            tasks=tasks({k: GBM[k] for k in ("idh", "codel_1p19q")}, SETS_GBM),
            compatible_with=(
                IntegratedType(name=diagnosis.UNGRADED, probability=0.8, open=True),
                IntegratedType(name=diagnosis.ASTROCYTOMA, probability=0.15, open=False),
                IntegratedType(name=diagnosis.OLIGODENDROGLIOMA, probability=0.05, open=False),
            ),
        ),
        "mutant_codel_unsure": _unsure({**SETS_ASTRO, "codel_1p19q": ("intact", "codeleted")}, BOTH_MUTANT),
        "idh_unsure": _unsure(
            {"idh": ("wildtype", "mutant"), "codel_1p19q": ("intact",), "grade": ("4",)}, TYPES[:2], age=51.0
        ),
        "everything_unsure": _unsure(dict(CLASSES), TYPES),
        "idh_set_empty": _unsure({**SETS_ASTRO, "idh": ()}, TYPES),
        "every_set_empty": _unsure(dict.fromkeys(CLASSES, ()), TYPES),
        "wildtype_codeleted": _unsure(WILDTYPE_CODELETED, ()),
        "codeleted_grade_4": _unsure({**SETS_OLIGO, "grade": ("4",)}, ()),
        "threshold_against_set": result(
            tasks=(task("idh", (0.44, 0.56), ("wildtype",), called="mutant"), *tasks(GBM, SETS_GBM)[1:])
        ),
        "idh_alone": result(tasks=tasks({"idh": GBM["idh"]}, SETS_GBM), compatible_with=()),
        "two_grades": result(
            tasks=(*tasks(GBM, SETS_GBM)[:2], task("high", (0.1, 0.9), ("4",), low_classes, "grade")),
        ),
        "classes_of_the_study": result(
            tasks=(*tasks(GBM, SETS_GBM)[:2], task("high", (0.1, 0.9), ("HGG",), ("LGG", "HGG"), "grade")),
        ),
        "mgmt_asked": result(tasks=(*tasks(GBM, SETS_GBM), MGMT)),
        "no_segmentation": result(**NO_OUTLINE),
        "empty_outline": result(segmentation=outline(0.0, 0.0, 0.0, left=None)),
        "outline_given_whole": result(
            segmentation=outline(source="given", parts=False), inputs=inputs(*ALL, "tumour_mask")
        ),
        "no_t1c": result(inputs=inputs("t1", "t2", "flair")),
        "flair_alone": _astro(inputs=inputs("flair", voxel=(0.5, 0.5, 5.0))),
        "nan_uncertainty": result(
            tasks=tuple(one.model_copy(update={"uncertainty_share": float("nan")}) for one in tasks(GBM, SETS_GBM)),
            external=external(value=None),
        ),
        "nan_probability": result(tasks=(task("idh", (float("nan"), 0.4), ("wildtype",)), *tasks(GBM, SETS_GBM)[1:])),
        "nothing_known_of_the_patient": result(age=None, sex=""),
        "child": result(age=6.0),
        "fast": result(fast=True, external=()),
        "do_not_use": result(trust=trust("do not use", 3, network=True), outside=3),
        "training_case": result(warnings=(state("warning.training_case", center="SITE_A"),)),
        "look_first": result(trust=trust("look first", 1), flags=("brain outline is odd",), names_accepted=True),
        "two_heads_cut": result(trust=trust("look first", physical=(CUT, TWO_HEADS)), warnings=(CUT, TWO_HEADS)),
        "astray_small": result(
            trust=trust("do not use", 1, physical=(ASTRAY, TOO_SMALL)), warnings=(ASTRAY, TOO_SMALL)
        ),
        "not_judged": result(trust=trust("not judged")),
        "features_alone": result(from_tables=True, segmentation=outline(source="given"), inputs=inputs("t1", "t1c")),
        "simulated": result(simulated=True, survival=survival(group(GBM_NAME, 60, 41, 13.0), simulated=True), age=29.0),
        "tiny_tumour": _oligo(segmentation=outline(0.0, 0.02, 0.01)),
        "smaller_than_one_percent": result(
            tasks=(task("idh", (0.9991, 0.0009), ("wildtype",)), *tasks(GBM, SETS_GBM)[1:])
        ),
    }
