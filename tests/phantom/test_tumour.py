from dataclasses import replace

import numpy as np
import pytest

from gliomanet.labels.who import WhoState
from gliomanet.phantom.anatomy import draw_anatomy
from gliomanet.phantom.appearance import draw_appearance, rule_of
from gliomanet.phantom.tumour import CORE, ENHANCING, OEDEMA, grow_tumour

SITE = (24, 24, 18)


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(SITE, 3.0, False, np.random.default_rng(1))


@pytest.fixture(scope="module")
def glioblastoma():
    rng = np.random.default_rng(0)
    drawn = draw_appearance(rule_of(WhoState("wildtype", "intact", "4"), rng), rng)
    return replace(drawn, core_ml=24.0, oedema_ratio=1.5, necrosis=0.4, enhancing=0.8, calcification=0.1)


@pytest.fixture(scope="module")
def tumour(anatomy, glioblastoma):
    return grow_tumour(anatomy, SITE, glioblastoma, False, np.random.default_rng(2))


def test_compartments_have_the_planned_volumes(tumour):
    ml = {code: (tumour.codes == code).sum() * 0.008 for code in (CORE, OEDEMA, ENHANCING)}
    assert set(np.unique(tumour.codes)) == {0, CORE, OEDEMA, ENHANCING}
    assert ml[CORE] + ml[ENHANCING] == pytest.approx(24, rel=0.01)
    assert ml[OEDEMA] == pytest.approx(36, rel=0.02)
    assert tumour.necrosis.sum() * 0.008 == pytest.approx(0.4 * 24, rel=0.01)
    assert ml[ENHANCING] == pytest.approx(0.8 * 0.6 * 24, rel=0.01)
    assert tumour.calcified.sum() * 0.008 == pytest.approx(0.1 * 0.6 * 24, rel=0.01)


def test_necrosis_lies_inside_the_ring(tumour):
    assert (tumour.codes[tumour.necrosis] == CORE).all()
    assert not (tumour.necrosis & tumour.calcified).any()
    enhancing = np.argwhere(tumour.codes == ENHANCING)
    necrotic = np.argwhere(tumour.necrosis)
    middle = necrotic.mean(0)
    assert np.linalg.norm(necrotic - middle, axis=1).mean() < np.linalg.norm(enhancing - middle, axis=1).mean()


def test_the_tumour_does_not_leave_the_brain(anatomy, tumour):
    assert (anatomy.brain[tumour.window][tumour.codes > 0] >= 0.5).all()


def test_oedema_prefers_white_matter(anatomy, tumour):
    white = anatomy.wm[tumour.window]
    free = (tumour.codes == 0) & (anatomy.brain[tumour.window] >= 0.5)
    assert white[tumour.codes == OEDEMA].mean() > 1.2 * white[free].mean()


def test_a_tumour_that_finds_no_room_fills_what_there_is(anatomy, glioblastoma):
    huge = replace(glioblastoma, core_ml=60.0, oedema_ratio=40.0)
    tumour = grow_tumour(anatomy, SITE, huge, True, np.random.default_rng(0))
    assert (anatomy.brain[tumour.window][tumour.codes > 0] >= 0.5).all()
