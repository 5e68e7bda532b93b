"""A result as DICOM objects in the examination's own study: segmentations, a structured report, the report's page."""
