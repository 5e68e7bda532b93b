"""gliomanet: glioma grade, IDH and 1p/19q from MRI, as one reproducible multi-centre study."""

__version__ = "0.1.0"
