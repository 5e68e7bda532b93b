"""The contact sheet of a centre: a tile a case, or the reason why there is none."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from gliomanet.files.reading_back import read_written_json
from gliomanet.imaging.quality.pictures.canvas import BLUE, GREY, RED, WHITE, YELLOW, font, save_image

MOST_TILES = 200
"""Of a larger centre as many are drawn, or the sheet would be too large to open; its quality pages show all."""

_WIDTH, _HEIGHT, _TITLE, _HEAD, _GAP = 190, 236, 18, 52, 6


def center_sheet(
    case_dirs: Sequence[Path], pictures: Path, out: Path, decisions: Mapping[str, str] | None = None
) -> None:
    """One picture for a centre: each case's thumbnail under its id, or the reason why there is none.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders; drawn in the order of their case ids. Of more than
            `MOST_TILES` those without images, excluded or for review come before the others.
        pictures: the centre's pictures, a folder per case.
        out: the PNG.
        decisions: case → `keep`, `review` or `exclude`, from the centre's quality table: the ids' colours. Without it
            the ids of cases that their own preprocessing flagged are coloured.
    """
    records = [(read_written_json(path / "preprocess.json", delete=path), path) for path in case_dirs]
    records.sort(key=lambda item: str(item[0]["case_id"]))
    done, number = sum(record["status"] == "ok" for record, _ in records), len(records)
    if number > MOST_TILES:
        first = sorted(records, key=lambda item: _decision(item[0], decisions) == "keep")  # stable: by id
        drawn = {str(record["case_id"]) for record, _ in first[:MOST_TILES]}
        records = [item for item in records if str(item[0]["case_id"]) in drawn]
    columns = min(8, max(4, int(np.ceil(np.sqrt(len(records))))))
    rows = max(1, -(-len(records) // columns))
    cell = _WIDTH + _GAP, _HEIGHT + _TITLE + _GAP
    sheet = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _HEAD), "black")
    pen = ImageDraw.Draw(sheet)
    center = records[0][0]["center"] if records else ""
    some = f", {len(records)} of them drawn: first those to look at" if len(records) < number else ""
    pen.text((_GAP, 8), f"{center}: {done} of {number} cases{some}", fill=WHITE, font=font(15, True))
    x = float(_GAP)
    for words, color in (
        ("blue follows the brain,", BLUE),
        ("red the tumour;", RED),
        ("yellow names are for review,", YELLOW),
        ("red ones excluded or failed", RED),
    ):
        pen.text((x, 30), words, fill=color, font=font(11))
        x += font(11).getlength(words) + 6
    for index, (record, path) in enumerate(records):
        left, top = _GAP + index % columns * cell[0], _HEAD + index // columns * cell[1]
        ok = record["status"] == "ok"
        color = {"exclude": RED, "review": YELLOW}.get(_decision(record, decisions), GREY)
        pen.text((left, top), textwrap.shorten(record["case_id"], 27, placeholder="…"), fill=color, font=font(11))
        top += _TITLE
        pen.rectangle((left, top, left + _WIDTH, top + _HEIGHT), outline=(60, 60, 60) if ok else RED)
        thumbnail = pictures / path.name / "qc" / "thumbnail.webp"
        if ok and thumbnail.is_file():
            with Image.open(thumbnail) as opened:
                picture = opened.convert("RGB")
            picture.thumbnail((_WIDTH - 2, _HEIGHT - 2))
            sheet.paste(picture, (left + 1, top + 1))
        else:
            reason = record["reason"] or ("no picture was drawn" if ok else "no reason was recorded")
            words = textwrap.fill(textwrap.shorten(reason, 330, placeholder=" …"), 27, break_long_words=True)
            pen.multiline_text((left + 8, top + 8), f"{record['status']}\n{words}", fill=RED, font=font(11), spacing=3)
    save_image(sheet, out)


def _decision(record: Mapping[str, Any], decisions: Mapping[str, str] | None) -> str:
    """The decision on a case; `exclude` for one without images."""
    if record["status"] != "ok":
        return "exclude"
    return (decisions or {}).get(str(record["case_id"]), "review" if record["qc"].get("flags") else "keep")
