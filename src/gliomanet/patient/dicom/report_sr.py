"""A result as a structured report of template TID 1500: volumes of the segments, and the model's estimates.

What a model estimates from images is of this project's own code scheme throughout: a standard code of a gene or a
grade would say that a tissue was examined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from highdicom.seg import Segmentation
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)

from gliomanet.patient.dicom.authorship import MAKER, Authorship
from gliomanet.patient.dicom.codes import (
    BRAIN,
    BRAIN_MRI,
    BY_VOXELS,
    COMMENT,
    DEVICE,
    LEARNT,
    MILLILITRE,
    NEOPLASM,
    NO_UNIT,
    VOLUME,
    own_code,
)
from gliomanet.patient.dicom.context import SourceSeries
from gliomanet.patient.dicom.planes import spacing_mm
from gliomanet.patient.dicom.seg import algorithm_name, tracking_id, tracking_uid
from gliomanet.patient.dicom.segments import BRAIN_PART, Segment
from gliomanet.patient.result import ResultValues, TaskAnswer

ABSTAINS = "No class is named: the model abstains"
Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations


def report(
    values: ResultValues,
    series: SourceSeries,
    segments: Sequence[Segment],
    masks: Segmentation | None,
    by: Authorship,
    *,
    number: int,
) -> Comprehensive3DSR:
    """The report of a result, unverified, in the context of its reference series.

    Args:
        values: the result.
        series: of the reference modality, which volumes are measured on.
        segments: of that series.
        masks: its segmentation, which holds them; `None` where there is no segment.
        by: maker, dates and UIDs.
        number: place of its series among those that are written.
    """
    groups = [*_estimates(values, by)]
    if masks is not None:
        outlined = values.segmentation.source if values.segmentation else ""
        groups = [*_volumes(series, segments, masks, by, outlined), *_sums(values, by), *groups]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_device(by)),
        procedure_reported=BRAIN_MRI,
        imaging_measurements=groups,
    )
    _say_first(content, [by.caution, *(one.text for one in (values.notice, *values.warnings)), *_empty(values)])
    made = Comprehensive3DSR(
        evidence=[*series.images, *([masks] if masks is not None else [])],
        content=content,
        is_complete=True,
        is_final=False,
        is_verified=False,
        **by.header("report", number, "report"),
    )
    by.date(made)
    return made


def _device(by: Authorship) -> ObserverContext:
    device = DeviceObserverIdentifyingAttributes(
        uid=by.uid("device"),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=by.model,
        serial_number=by.bundle,
    )
    return ObserverContext(DEVICE, device)


def _algorithm(by: Authorship, name: str) -> AlgorithmIdentification:
    told = [f"bundle {by.bundle}", by.caution]
    return AlgorithmIdentification(name, by.version, parameters=told, family=LEARNT)


def _volumes(
    series: SourceSeries, segments: Sequence[Segment], masks: Segmentation, by: Authorship, outlined: str
) -> Iterator[Group]:
    """The volume of each segment."""
    first = series.planes[0]
    voxel_ml = first.pixel_mm[0] * first.pixel_mm[1] * spacing_mm(series.planes) / 1000
    for place, segment in enumerate(segments, start=1):
        part = segment.part
        algorithm = _algorithm(by, algorithm_name(part, by.model, outlined))
        yield VolumetricROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(tracking_uid(by, series, part), tracking_id(series, part)),
            referenced_segment=ReferencedSegment(
                masks.SOPClassUID,
                masks.SOPInstanceUID,
                segment_number=place,
                source_series=SourceSeriesForSegmentation(series.images[0].SeriesInstanceUID),
            ),
            finding_type=part.kind,
            finding_sites=None if part is BRAIN_PART else [FindingSite(BRAIN)],
            algorithm_id=algorithm,
            measurements=[_volume(float(segment.pixels.sum()) * voxel_ml)],
            qualitative_evaluations=[_is("Part of the outline", part.modifier)] if part.modifier else None,
        )


def _sums(values: ResultValues, by: Authorship) -> Iterator[Group]:
    """The volumes of what is several segments: the whole tumour, and its core."""
    outline = values.segmentation
    if outline is None or not outline.parts_told:
        return
    for one in outline.volumes:
        if one.region in ("whole", "core"):
            name = {"whole": "Whole tumour, oedema included", "core": "Tumour core, without oedema"}[one.region]
            yield MeasurementsAndQualitativeEvaluations(
                tracking_identifier=TrackingIdentifier(by.uid("sum", one.region), name),
                finding_type=NEOPLASM,
                finding_sites=[FindingSite(BRAIN)],
                algorithm_id=_algorithm(by, f"{MAKER} {outline.source}"),
                measurements=[_volume(one.volume_ml)],
                qualitative_evaluations=[_is("Part of the outline", name)],
            )


def _volume(ml: float) -> Measurement:
    return Measurement(name=VOLUME, value=round(ml, 3), unit=MILLILITRE, method=BY_VOXELS)


def _estimates(values: ResultValues, by: Authorship) -> Iterator[Group]:
    """The probabilities of every task's classes, and of the types that they are compatible with."""
    for task in values.tasks:
        yield MeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(by.uid("task", task.task), f"Model's estimate of {task.task}"),
            finding_type=own_code(f"Estimate of {task.label} from images"),
            algorithm_id=_algorithm(by, f"{MAKER} {by.model}"),
            measurements=[_probability(f"{task.label} {one.name}", one.probability) for one in task.classes],
            qualitative_evaluations=[*_answer(task)],
        )
    if values.compatible_with:
        yield MeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(by.uid("types"), "WHO 2021 types the estimates are compatible with"),
            finding_type=own_code("WHO 2021 type compatible with the estimates"),
            algorithm_id=_algorithm(by, f"{MAKER} {by.model}"),
            measurements=[_probability(one.name, one.probability) for one in values.compatible_with],
        )


def _answer(task: TaskAnswer) -> Iterator[QualitativeEvaluation]:
    """The class that is named, or that none is; then the classes that the case cannot be told from."""
    said = ABSTAINS if task.abstains else f"Estimated {task.label} {task.prediction_set[0]}"
    yield _is(f"Model's answer on {task.label}", said)
    for name in task.prediction_set:
        yield _is(f"Prediction set at {task.set_level:.0%} holds", f"Estimated {task.label} {name}")


def _probability(of: str, value: float) -> Measurement:
    return Measurement(name=own_code(f"Probability: {of}"), value=round(value, 6), unit=NO_UNIT)


def _is(name: str, value: str) -> QualitativeEvaluation:
    return QualitativeEvaluation(own_code(name), own_code(value))


def _empty(values: ResultValues) -> Iterator[str]:
    """Regions that hold no voxel: there is no segment to measure."""
    outline = values.segmentation
    if outline is None:
        yield "No tumour is outlined: the model does not segment, and no mask was given."
        return
    if empty := [one.region for one in outline.volumes if not one.volume_ml]:
        yield f"The outline holds no voxel of: {', '.join(empty)}."


def _say_first(content: MeasurementReport, sentences: Sequence[str]) -> None:
    """Put comments before the measurements: what is to be read before any number."""
    root = content[0].ContentSequence
    place = next(i for i, item in enumerate(root) if item.name == _MEASUREMENTS)
    for sentence in reversed(sentences):
        root.insert(place, TextContentItem(COMMENT, sentence, RelationshipTypeValues.CONTAINS))


_MEASUREMENTS = CodedConcept("126010", "DCM", "Imaging Measurements")
