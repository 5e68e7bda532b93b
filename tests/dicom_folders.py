"""DICOM series as a scanner exports them, whose voxels, geometry and names are known."""

import nibabel as nib
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

T1_SE = {"ScanningSequence": "SE", "EchoTime": 12.0, "RepetitionTime": 550.0}
MPRAGE = {"ScanningSequence": ["GR", "IR"], "EchoTime": 2.9, "RepetitionTime": 2300.0, "InversionTime": 900.0}
T2 = {"ScanningSequence": "SE", "EchoTime": 100.0, "RepetitionTime": 5000.0}
FLAIR = {"ScanningSequence": ["SE", "IR"], "EchoTime": 120.0, "RepetitionTime": 9000.0, "InversionTime": 2500.0}
SPACING = (8.0, 9.0, 7.0)
SHAPE = (20, 16, 24)
SAGITTAL = np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]])
ORIGIN = (-70.0, -60.0, -50.0)


def tilt(degrees):
    """Direction cosines of rows, columns and slices (columns of the matrix): turned about two axes."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def write_series(
    folder, number, description, *, voxels=None, rotation=None, spacing=SPACING, scale=None, origin=ORIGIN, **attributes
):
    """One series as a scanner exports it; returns voxels (x, y, slice) and the affine in scanner coordinates (RAS)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(number)
    voxels = rng.integers(0, 4000, SHAPE).astype("<u2") if voxels is None else voxels
    rotation = np.eye(3) if rotation is None else rotation
    series = f"1.2.826.0.1.3680043.8.498.{number}"
    for index in range(voxels.shape[2]):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = MRImageStorage
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = f"{series}.{index + 1}"
        ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.FrameOfReferenceUID = series, "1.2.826.0.1", "1.2.3"
        ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Testperson^Ada", "ID777", "19510203"
        ds.InstitutionName, ds.ReferringPhysicianName, ds.ImageComments = "Saint Example", "Doc^Tor", "for Ada"
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20190405"
        ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "111213.5"
        ds.Modality, ds.Manufacturer, ds.ImageType = "MR", "SIEMENS", ["ORIGINAL", "PRIMARY", "M", "ND"]
        ds.SeriesNumber, ds.InstanceNumber, ds.AcquisitionNumber = number, index + 1, 1
        ds.SeriesDescription = description
        ds.Columns, ds.Rows = voxels.shape[:2]
        ds.PixelSpacing = [spacing[1], spacing[0]]
        ds.SliceThickness = ds.SpacingBetweenSlices = spacing[2]
        ds.ImageOrientationPatient = [round(float(v), 9) for v in (*rotation[:, 0], *rotation[:, 1])]
        ds.ImagePositionPatient = [round(float(v), 6) for v in np.array(origin) + rotation[:, 2] * spacing[2] * index]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        for key, value in attributes.items():
            setattr(ds, key, value)
        if scale is not None:
            ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = scale[0], scale[1], "normalized"
        ds.PixelData = voxels[:, :, index].T.tobytes()
        ds.save_as(folder / f"IM{number:03d}{index:04d}", enforce_file_format=True)
    affine = np.eye(4)
    affine[:3, :3] = rotation * np.array(spacing)
    affine[:3, 3] = origin
    return voxels, np.diag([-1, -1, 1, 1]) @ affine  # DICOM's axes point left and back, NIfTI's right and front


SERIES = {
    "t1": (2, "AX T1 PRE", T1_SE),
    "t1c": (9, "AX T1 POST GD", {**T1_SE, "ContrastBolusAgent": "GADO 8 ml"}),
    "t2": (3, "AX T2", T2),
    "flair": (4, "AX FLAIR", FLAIR),
}


def write_examination(folder, images, *, turn=None, **attributes):
    """NIfTI images as an examination; of every other one rows and slices are stored the other way round.

    Args:
        images: modality → file.
        turn: rotation of all of them in the scanner.
    """
    for modality, path in images.items():
        image = nib.load(path)
        voxels = np.asarray(image.dataobj, dtype=np.float64)
        voxels = np.rint(voxels * (4000 / voxels.max())).astype("<u2")
        affine = np.diag([-1, -1, 1, 1]) @ image.affine
        if modality in ("t1c", "flair"):
            voxels = voxels[:, ::-1, ::-1]
            back = np.diag([1.0, -1, -1, 1])
            back[1:3, 3] = voxels.shape[1] - 1, voxels.shape[2] - 1
            affine = affine @ back
        if turn is not None:
            affine = np.block([[turn @ affine[:3]], [affine[3:]]])
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        number, description, more = SERIES[modality]
        write_series(
            folder / modality,
            number,
            description,
            voxels=voxels,
            rotation=affine[:3, :3] / spacing,
            spacing=spacing,
            origin=affine[:3, 3],
            **{**more, "SliceThickness": 0.8 * spacing[2], **attributes},
        )
    return folder
