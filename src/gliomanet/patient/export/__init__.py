"""A hospital that keeps its scans: tables of what a bundle says of its cases, for the study that the bundle is from."""
