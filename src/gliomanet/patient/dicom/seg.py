"""The masks of a series as a DICOM segmentation on the series' own slices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom import AlgorithmIdentificationSequence, PixelMeasuresSequence
from highdicom.seg import Segmentation, SegmentDescription
from highdicom.sr import CodedConcept

from gliomanet.patient.dicom.authorship import MAKER, Authorship
from gliomanet.patient.dicom.codes import BRAIN, LEARNT, own_code
from gliomanet.patient.dicom.context import SourceSeries
from gliomanet.patient.dicom.planes import spacing_mm
from gliomanet.patient.dicom.segments import BRAIN_PART, Part, Segment
from gliomanet.patient.result import notice

GIVEN = "mask given by the user, resampled"
_LONGEST = 1024  # characters of a segment's description


def segmentation(
    series: SourceSeries, segments: Sequence[Segment], by: Authorship, *, number: int, outlined: str, warnings: str
) -> Segmentation:
    """A segmentation in the context of a series.

    Args:
        series: whose slices, study and patient are taken.
        segments: at least one.
        by: maker, dates and UIDs.
        number: place of its series among those that are written.
        outlined: what outlined the tumour: `network <model>`, or `given`.
        warnings: what is to be read before any number.
    """
    described = [_described(place, one, series, by, outlined, warnings) for place, one in enumerate(segments, start=1)]
    made = Segmentation(
        source_images=series.images,
        pixel_array=np.stack([one.pixels for one in segments], axis=-1).astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=described,
        content_label="SEGMENTATION",
        content_description=by.caution,
        pixel_measures=_measures(series),
        **by.header(f"segmentation of {series.modality}", number, f"masks on {series.modality}"),
    )
    _name_organization(made, by.uid(f"segmentation of {series.modality}", "dimensions"))
    by.date(made)
    return made


def tracking_uid(by: Authorship, series: SourceSeries, part: Part) -> str:
    """The UID that names a segment here and in the report."""
    return by.uid("segment", series.modality, part.name)


def tracking_id(series: SourceSeries, part: Part) -> str:
    """The same for readers."""
    return f"{part.label} ({series.modality})"


def _described(
    place: int, segment: Segment, series: SourceSeries, by: Authorship, outlined: str, warnings: str
) -> SegmentDescription:
    part, given = segment.part, segment.part is not BRAIN_PART and outlined == "given"
    kind = CodedConcept.from_code(part.kind)
    if part.modifier:
        kind.SegmentedPropertyTypeModifierCodeSequence = [own_code(part.modifier)]
    described = SegmentDescription(
        segment_number=place,
        segment_label=part.label,
        segmented_property_category=part.category,
        segmented_property_type=part.kind,
        # Who drew a mask that was given is not known; this program brought it to this grid.
        algorithm_type="SEMIAUTOMATIC" if given else "AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name=algorithm_name(part, by.model, outlined),
            family=LEARNT,
            version=by.version,
            source=MAKER,
        ),
        tracking_uid=tracking_uid(by, series, part),
        tracking_id=tracking_id(series, part),
        anatomic_regions=None if part is BRAIN_PART else [BRAIN],
        display_color=segment.colour,
    )
    described.SegmentedPropertyTypeCodeSequence = [kind]
    described.SegmentDescription = f"{by.caution}. {notice().text} {warnings}".strip()[:_LONGEST]
    return described


def algorithm_name(part: Part, model: str, outlined: str) -> str:
    """The name of what made a part's outline; fits 64 characters."""
    if part is BRAIN_PART:
        return f"{MAKER} brain extraction"
    return f"{MAKER}: {GIVEN}" if outlined == "given" else f"{MAKER} {outlined or model}"[:64]


def _measures(series: SourceSeries) -> PixelMeasuresSequence:
    """Sizes of the pixels; the distance of slices from their places, since headers may say another one."""
    first, between = series.planes[0], spacing_mm(series.planes)
    return PixelMeasuresSequence(
        pixel_spacing=first.pixel_mm,
        slice_thickness=first.thickness_mm or between,
        spacing_between_slices=between,
    )


def _name_organization(made: Segmentation, uid: str) -> None:
    """Give the frames' dimensions a UID that the same case gets again: highdicom draws one."""
    for item in (*made.DimensionIndexSequence, *made.DimensionOrganizationSequence):
        item.DimensionOrganizationUID = uid
