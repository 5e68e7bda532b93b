"""Snakemake's command line with jobs that compute nothing, and write a digest of their inputs into each output.

Engine, rules, parameters and records are the real ones, so what runs, and what runs again, is what would in a study of
days; it takes seconds. The jobs that ran are written to a file as JSON.

Usage: python stub_jobs.py RAN.jsonl <arguments of snakemake>
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from snakemake.cli import main
from snakemake.io import is_flagged

RAN = Path(sys.argv[1])


def run_stub(
    path: str,
    basedir: str,
    inputs: Any,
    outputs: Any,
    params: Any,
    wildcards: Any,
    threads: int,
    resources: Any,
    log: Any,
    config: Any,
    rule: str,
    *others: Any,
) -> None:
    """Stand in for `snakemake.script.script`, which gets the same arguments."""
    made_from = hashlib.sha256(f"{path} {dict(wildcards.items())}".encode())
    for file in inputs:
        made_from.update(_content(Path(file)))
    for output in outputs:
        place = Path(output)
        if place.is_dir() or is_flagged(output, "directory") or not place.suffix:
            place = place / "content.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{made_from.hexdigest()} {place.name}\n", encoding="utf-8")
    with RAN.open("a", encoding="utf-8") as ran:
        ran.write(json.dumps({"rule": rule, "wildcards": dict(wildcards.items()), "input": [], "resources": {}}) + "\n")


def _content(place: Path) -> bytes:
    return (place / "content.txt" if place.is_dir() else place).read_bytes()


if __name__ == "__main__":
    sys.modules["snakemake.workflow"].script = run_stub  # type: ignore[attr-defined]
    main(sys.argv[2:])
