"""Results that `gliomanet diff` and `gliomanet trace` cannot read, and words that name nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from gliomanet.cli.main import app
from tests.provenance.conftest import write_study


def told() -> Iterator[tuple[str, list[str]]]:
    """Name → words of a trace that name nothing."""
    yield "no words", []
    yield "word of no row", ["mcc", "supervized"]
    yield "word beside a case", ["X-003", "mcc"]
    yield "several cases", ["X-003", "A-001"]
    yield "no row has all words", ["net", "codel_1p19q", "wildtype"]


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name → what the command says."""
    results = write_study(folder / "finished/results")

    def said(*given: str) -> str:
        done = CliRunner().invoke(app, list(given))
        assert done.exit_code == 1
        return done.output

    for name, words in told():
        yield f"gliomanet trace, {name}", said("trace", str(results), *words)
    yield "gliomanet diff, no finished study", said("diff", str(folder / "finished"), str(results))
    yield "gliomanet diff, no such folder", said("diff", str(results), str(folder / "nowhere"))
    yield "gliomanet diff, one study twice", said("diff", str(results), str(results / "splits.tsv"))
    (folder / "file").write_text("")
    given = ["diff", str(results), str(results), "--out", str(folder / "file/out")]
    yield "gliomanet diff, no place", said(*given)
    metrics = results / "evaluation/metrics.tsv"
    metrics.write_text(metrics.read_text().replace("n_positive", "positives", 1))
    yield "gliomanet diff, table of another form", said("diff", str(results), str(results))
    metrics.unlink()
    yield "gliomanet diff, table missing", said("diff", str(results), str(results))
    record = results / "study.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"format": 0}))
    yield "gliomanet diff, record of another form", said("diff", str(results), str(results))
    record.write_text("{")
    yield "gliomanet diff, damaged record", said("diff", str(results), str(results))
