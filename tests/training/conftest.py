from tests.phantom_folders import cohort

__all__ = ["cohort"]
