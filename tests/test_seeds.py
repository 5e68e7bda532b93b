"""Seeds depend on names alone."""

from hypothesis import given
from hypothesis import strategies as st

from gliomanet.seeds import derive_seed


def test_a_seed_known_beforehand():
    assert derive_seed(1, "train", "net", "0") == derive_seed(1, "train", "net", 0)
    assert derive_seed(1, "a", "b") != derive_seed(1, "ab")


@given(st.integers(0, 2**40), st.text(max_size=20))
def test_a_seed_fits_every_generator(study_seed, name):
    assert 0 <= derive_seed(study_seed, name) < 2**31
