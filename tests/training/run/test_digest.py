import platform

import numpy as np

from gliomanet.training.run.digest import digest_of, software_versions


def test_the_order_of_keys_does_not_change_a_digest_and_values_do():
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


def test_versions_are_those_installed():
    versions = software_versions(("numpy",))
    assert list(versions) == ["python", "gliomanet", "numpy"]
    assert (versions["python"], versions["numpy"]) == (platform.python_version(), np.__version__)
