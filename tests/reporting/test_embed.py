"""Contact sheets are shrunk until the page can travel."""

import base64
import io

import numpy as np
from PIL import Image

from gliomanet.reporting import embed as pictures


def test_large_sheets_are_shrunk_to_their_share(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "BUDGET", 400_000)
    noise = np.random.default_rng(0).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    for name in ("a", "b"):
        Image.fromarray(noise).save(tmp_path / f"{name}.png")
    addresses = pictures.embed_sheets({name: tmp_path / f"{name}.png" for name in ("a", "b")})
    content = base64.b64decode(addresses["a"].removeprefix("data:image/png;base64,"))
    assert len(content) <= 200_000
    width, height = Image.open(io.BytesIO(content)).size
    assert abs(width / height - 4 / 3) < 0.01


def test_small_sheets_keep_their_size(tmp_path):
    Image.new("RGB", (300, 100)).save(tmp_path / "a.png")
    address = pictures.embed_sheets({"a": tmp_path / "a.png"})["a"]
    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert Image.open(io.BytesIO(content)).size == (300, 100)
