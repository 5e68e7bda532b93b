from dataclasses import replace

import numpy as np
import pytest

from gliomanet.labels.who import WhoState
from gliomanet.modalities import MODALITIES
from gliomanet.phantom.anatomy import draw_anatomy
from gliomanet.phantom.appearance import draw_appearance, rule_of
from gliomanet.phantom.modalities import true_signals
from gliomanet.phantom.tumour import CORE, ENHANCING, OEDEMA, grow_tumour

SITE = (24, 24, 18)


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(SITE, 3.0, False, np.random.default_rng(1))


def draw(anatomy, state, mark=0.0, **fixed):
    rng = np.random.default_rng(0)
    appearance = replace(draw_appearance(rule_of(state, rng), rng), **fixed)
    tumour = grow_tumour(anatomy, SITE, appearance, False, np.random.default_rng(2))
    return tumour, true_signals(anatomy, tumour, appearance, mark, np.random.default_rng(3))


def mean(signal, tumour, where):
    return float(signal[tumour.window][where].mean())


ASTROCYTOMA = WhoState("mutant", "intact", "2")
GLIOBLASTOMA = WhoState("wildtype", "intact", "4")


def test_white_matter_is_one_and_fluid_is_bright_on_t2_and_dark_on_flair(anatomy):
    _, signals = draw(anatomy, ASTROCYTOMA, core_ml=6.0)
    assert tuple(signals) == MODALITIES
    for modality in MODALITIES:
        assert np.median(signals[modality][anatomy.wm > 0.98]) == pytest.approx(1, abs=0.12)
        assert (signals[modality][anatomy.brain == 0] == 0).all()
    fluid = anatomy.csf > 0.95
    assert np.median(signals["t2"][fluid]) > 2 > 0.5 > np.median(signals["flair"][fluid])


def test_mismatch_is_bright_on_t2_and_suppressed_on_flair_with_a_bright_rim(anatomy):
    tumour, signals = draw(anatomy, ASTROCYTOMA, mismatch=1.0, oedema_ratio=0.6, enhancing=0.0, core_ml=30.0)
    core, rim = tumour.codes == CORE, tumour.codes == OEDEMA
    assert mean(signals["t2"], tumour, core) > 1.7
    assert mean(signals["flair"], tumour, core) < 1.1
    assert mean(signals["flair"], tumour, rim) > mean(signals["flair"], tumour, core) + 0.2
    plain, without = draw(anatomy, ASTROCYTOMA, mismatch=0.0, oedema_ratio=0.6, enhancing=0.0, core_ml=30.0)
    assert mean(without["flair"], plain, core) > 1.5


def test_the_ring_enhances_on_t1c_alone(anatomy):
    tumour, signals = draw(anatomy, GLIOBLASTOMA, enhancement=1.0, necrosis=0.4, enhancing=0.8, calcification=0.0)
    ring = tumour.codes == ENHANCING
    assert mean(signals["t1c"], tumour, ring) > mean(signals["t1"], tumour, ring) + 0.5
    assert mean(signals["t1c"], tumour, tumour.necrosis) < 0.8


def test_calcification_makes_dark_speckles(anatomy):
    tumour, signals = draw(anatomy, WhoState("mutant", "codeleted", "2"), calcification=0.15)
    viable = (tumour.codes == CORE) & ~tumour.calcified & ~tumour.necrosis
    for modality in MODALITIES:
        assert mean(signals[modality], tumour, tumour.calcified) < 0.85 * mean(signals[modality], tumour, viable)


def test_a_mark_changes_flair_inside_the_mask_and_nothing_else(anatomy):
    tumour, plain = draw(anatomy, GLIOBLASTOMA)
    _, marked = draw(anatomy, GLIOBLASTOMA, mark=0.35)
    difference = marked["flair"] - plain["flair"]
    inside = np.zeros(difference.shape, bool)
    inside[tumour.window] = tumour.codes > 0
    assert difference[inside] == pytest.approx(0.35, abs=1e-5)
    assert np.abs(difference[~inside]).max() == 0
    assert all(np.array_equal(plain[m], marked[m]) for m in ("t1", "t1c", "t2"))


def test_a_head_has_dark_bone_bright_scalp_and_air_around_it():
    anatomy = draw_anatomy(SITE, 0.0, True, np.random.default_rng(1))
    _, signals = draw(anatomy, ASTROCYTOMA)
    bone = (anatomy.brain_distance > 3) & (anatomy.brain_distance < 3.9) & (anatomy.brain == 0) & (anatomy.head < -2)
    scalp = (anatomy.brain_distance > 8.5) & (anatomy.head < -2.1) & (anatomy.head > -4.5) & (anatomy.eyes > 0)
    assert signals["t1"][bone].mean() < 0.3
    assert signals["t1"][scalp].mean() > 1.3
    assert all((signals[modality][anatomy.head > 0] == 0).all() for modality in MODALITIES)
