"""What the viewer's addresses send: of a blind viewer the images alone, and a picture to keep in either language."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def client(served):
    with httpx.Client(base_url=served.url) as made:
        yield made


def manifest(client, served, blind):
    return client.get(f"/api/cases/{served.ids[0]}/viewer.json", params={"blind": blind}).json()


def picture(client, base, volume, **asked):
    asked = {"low": 0, "high": 1, **asked}
    return client.get(f"{base}/{volume}.png", params=asked)


def test_a_blind_viewer_is_sent_no_overlay(client, served):
    seen, blind = manifest(client, served, False), manifest(client, served, True)
    assert seen["spaces"][0]["overlays"]
    assert blind["twin"] == []
    assert not [one for space in blind["spaces"] for one in space["overlays"]]
    assert seen["label"] not in str(blind)
    image = seen["spaces"][0]["volumes"][0]["name"]
    for overlay in seen["spaces"][0]["overlays"]:
        address = f"/volumes/{overlay['volume']}.json"
        known = client.get(seen["base"] + address)
        assert known.status_code == 200
        assert client.get(blind["base"] + address).status_code == 404
        volume = f"/volumes/{overlay['volume']}.nii.gz?v={known.json()['digest']}"
        assert client.get(seen["base"] + volume).status_code == 200
        assert client.get(blind["base"] + volume).status_code == 404
        for kind in ("slices", "pictures"):
            one = f"{kind}/{image}/axial/3"
            assert picture(client, seen["base"], one, overlays=overlay["id"]).status_code == 200
            assert picture(client, blind["base"], one, overlays=overlay["id"]).status_code == 404
            assert picture(client, blind["base"], one).status_code == 200


def test_a_kept_picture_says_in_its_language_what_it_is(client, served):
    seen = manifest(client, served, False)
    name = seen["spaces"][0]["volumes"][0]["name"]
    kept = [picture(client, seen["base"], f"pictures/{name}/axial/3", lang=lang).content for lang in ("en", "zh")]
    english, chinese = (np.asarray(Image.open(io.BytesIO(one))) for one in kept)
    assert english.shape == chinese.shape
    different = (english != chinese).any(axis=(1, 2))
    assert different[-36:].any()
    assert not different[:-36].any()
