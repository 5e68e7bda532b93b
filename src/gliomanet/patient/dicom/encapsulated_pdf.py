"""A page of the result, in PDF, inside a DICOM object of the examination's study."""

from __future__ import annotations

import hashlib
from pathlib import Path

from highdicom import SOPClass
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from gliomanet.errors import CaseError, Problem
from gliomanet.patient.dicom.authorship import Authorship
from gliomanet.patient.dicom.context import SourceSeries


def encapsulated(pdf: Path, series: SourceSeries, by: Authorship, *, number: int) -> SOPClass:
    """The page as an Encapsulated PDF, unverified.

    Args:
        pdf: the file.
        series: whose study and patient are taken.
        by: maker, dates and UIDs.
        number: place of its series among those that are written.

    Raises:
        CaseError: the file is no PDF.
    """
    content, of = pdf.read_bytes(), series.images[0]
    if not content.startswith(b"%PDF-"):
        raise CaseError(Problem("is no PDF", "make the report again", file=str(pdf), rule="report_is_no_pdf"))
    made = SOPClass(
        study_instance_uid=of.StudyInstanceUID,
        sop_class_uid=EncapsulatedPDFStorage,
        modality="DOC",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        patient_id=of.PatientID,
        patient_name=of.PatientName,
        patient_birth_date=of.PatientBirthDate,
        patient_sex=of.PatientSex,
        accession_number=of.AccessionNumber,
        study_id=of.StudyID,
        study_date=of.StudyDate,
        study_time=of.StudyTime,
        referring_physician_name=of.ReferringPhysicianName,
        **by.header(f"page {hashlib.sha256(content).hexdigest()}", number, "page"),
    )
    made.copy_patient_and_study_information(of)
    made.ConversionType = "WSD"
    made.AcquisitionDateTime = None
    made.BurnedInAnnotation = "YES"
    made.DocumentTitle = by.caution
    made.ConceptNameCodeSequence = []
    made.VerificationFlag = "UNVERIFIED"
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(content)
    made.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    by.date(made)
    return made
