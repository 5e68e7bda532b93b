"""The `gliomanet` command: each subcommand is registered here, and stands in a file of its own."""

from __future__ import annotations

import typer

from gliomanet.cli.bundle import bundle
from gliomanet.cli.diff import diff
from gliomanet.cli.evaluate import evaluate
from gliomanet.cli.import_table import import_
from gliomanet.cli.predict import predict
from gliomanet.cli.reference import reference
from gliomanet.cli.report import report
from gliomanet.cli.serve import serve
from gliomanet.cli.status import status
from gliomanet.cli.to_native import to_native
from gliomanet.cli.trace import trace
from gliomanet.cli.track import track
from gliomanet.cli.validate import validate

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Glioma grade, IDH and 1p/19q from MRI.")
app.command()(validate)
app.command()(status)
app.command("import")(import_)
app.command()(evaluate)
app.command()(to_native)
app.command()(bundle)
app.command()(predict)
app.command()(report)
app.command()(serve)
app.command()(diff)
app.command()(trace)
app.command()(track)
app.command(hidden=True)(reference)
