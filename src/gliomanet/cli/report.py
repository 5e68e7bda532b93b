"""`gliomanet report`: the case report of a result, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from gliomanet.case_report.model.endpoint import DEFAULT_TIMEOUT
from gliomanet.cli.console import console
from gliomanet.errors import ProblemError

if TYPE_CHECKING:
    from gliomanet.case_report.fact import Facts, Language
    from gliomanet.case_report.make import Writer
    from gliomanet.case_report.report import Report


def report(
    result: Annotated[Path, typer.Argument(help="Folder that `gliomanet predict` wrote.", show_default=False)],
    language: Annotated[str, typer.Option(help="en or zh (Simplified Chinese).")] = "en",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; default: the result's.", show_default=False)
    ] = None,
    endpoint: Annotated[
        str, typer.Option(help="Language model that is to rephrase the template, such as http://127.0.0.1:8080/v1.")
    ] = "",
    model: Annotated[str, typer.Option(help="Its name there.")] = "",
    key_variable: Annotated[str, typer.Option(help="Environment variable with its key.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds that the model has for an answer.")] = DEFAULT_TIMEOUT,
    data_leaves_this_machine: Annotated[
        bool, typer.Option("--data-leaves-this-machine", help="Allow a model on another machine, over TLS.")
    ] = False,
) -> None:
    """Write the case report of a result: HTML, PDF, and its facts as JSON; research use only."""
    from gliomanet.case_report.fact import LANGUAGES
    from gliomanet.case_report.make import make_report

    known = next((one for one in LANGUAGES if one == language), None)
    if known is None:
        raise typer.BadParameter("en or zh", param_hint="--language")
    try:
        writer = _writer(endpoint, model, key_variable, timeout, remote=data_leaves_this_machine)
        made = make_report(result, known, out=out, writer=writer, report=lambda line: console.print(escape(line)))
    except (ProblemError, OSError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from error
    if made.report.why:
        console.print(escape(made.report.why))
    for path in made.files:
        console.print(escape(str(path)))


def _writer(address: str, model: str, key_variable: str, timeout: float, *, remote: bool) -> Writer:
    """The template, or a language model whose server was asked whether it enforces a schema."""
    from gliomanet.case_report.model.endpoint import Endpoint
    from gliomanet.case_report.model.probe import said_of_schema
    from gliomanet.case_report.template.write import write_template
    from gliomanet.case_report.write import write_recorded

    if not address:
        return write_template
    endpoint = Endpoint(address, model, key_variable=key_variable, timeout=timeout, allow_remote=remote)
    if endpoint.remote:
        console.print("Facts of this case are sent to another machine.")
    console.print(escape(said_of_schema(endpoint)))

    def writer(facts: Facts, language: Language) -> Report:
        written = write_recorded(facts, language, endpoint)
        if written.rules:
            console.print(f"What the checks of the language model's answer say: {escape(', '.join(written.rules))}.")
        return written.report

    return writer
