"""What is wrong with a folder that a hospital sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from gliomanet.cohort.site_export import NAME, SiteExport
from gliomanet.errors import CohortError
from gliomanet.files.digests import sha256
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.tables.site import SITE_CASES
from tests.sent_site import make_folder


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name → what is said."""
    place = folder / "sent"
    place.mkdir()
    yield "hospital's folder, none", said(SiteExport.open, place)
    described = json.loads((make_folder(place, 6) / NAME).read_text())
    for name, content in {
        "damaged": "{",
        "of another version": json.dumps({"schema_version": 2}),
        "of wrong values": json.dumps(described | {"smallest_count": "few"}),
    }.items():
        (place / NAME).write_text(content)
        yield f"hospital's folder, {name}", said(SiteExport.open, place)
    other = described | {"labels": {"mgmt": ["no", "yes"]}}
    (place / NAME).write_text(json.dumps(other))
    yield "hospital's folder, another label", said(SiteExport.open(place).cases, "H", "external", VOCABULARY)
    labels = place / "labels.tsv"
    for name, text in {
        "row twice": labels.read_text() + labels.read_text().splitlines()[-1] + "\n",
        "other columns": "row_key\tpatient_key\tname\n",
    }.items():
        changed = make_folder(folder / name, 6)
        (changed / "labels.tsv").write_text(text)
        digests = described["files"] | {"labels.tsv": sha256(changed / "labels.tsv")}
        (changed / NAME).write_text(json.dumps(described | {"files": digests}))
        yield f"hospital's folder, {name}", said(SiteExport.open(changed).table, SITE_CASES)
    (place / NAME).write_text(json.dumps(described))
    (place / "quality.tsv").unlink()
    (place / "scan.nii.gz").touch()
    labels.write_text("")
    yield "hospital's folder, files", said(SiteExport.open, place)


def said(call, *given) -> str:
    try:
        call(*given)
    except CohortError as error:
        return str(error)
    raise AssertionError("nothing is wrong")
