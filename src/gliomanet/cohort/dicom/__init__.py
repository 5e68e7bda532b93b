"""DICOM folders as a source of cases: series, conversion, ids."""
