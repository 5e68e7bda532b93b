"""`gliomanet serve`: a page for doctors and patients, on one's own machine."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gliomanet.cli.console import console
from gliomanet.errors import CaseError, CohortError, ModelError, ProblemError
from gliomanet.files.storage import StorageError


def serve(
    bundle: Annotated[Path, typer.Option(help="Folder that `gliomanet bundle` wrote.", show_default=False)],
    study: Annotated[
        Path | None,
        typer.Option(help="Results folder of a study whose cases may be chosen, too.", show_default=False),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(help="Folder of the cases; default: $GLIOMANET_STORE, else this user's data.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; any but this machine's own needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Host name by which browsers reach it, as behind a proxy; repeat.", show_default=False),
    ] = None,
    expire_days: Annotated[
        float | None,
        typer.Option(min=0.01, max=36500, help="Delete a case so many days after its last change.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Cases that are computed at once.")] = 1,
    threads: Annotated[int, typer.Option(min=1, max=256, help="CPU threads of each; others may change digits.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.1, max=100_000, help="That a case may compute.")] = 60.0,
    memory: Annotated[float, typer.Option(min=1, max=100_000, help="Gigabytes that a case may use.")] = 12.0,
    waiting: Annotated[int, typer.Option(min=1, help="Cases that may wait.")] = 40,
    endpoint: Annotated[
        str,
        typer.Option(
            help="OpenAI-compatible address of a language model for reports, such as http://127.0.0.1:8080/v1."
        ),
    ] = "",
    endpoint_model: Annotated[str, typer.Option(help="Name of its model.")] = "",
    endpoint_key: Annotated[str, typer.Option(help="Environment variable that holds its key.")] = "",
    endpoint_remote: Annotated[
        bool, typer.Option("--endpoint-remote", help="Data may leave this machine for it (over TLS, no identity).")
    ] = False,
) -> None:
    """Serve pages for doctors and patients from this machine; research use only."""
    import uvicorn

    from gliomanet.app.security.connections import server_options
    from gliomanet.app.security.token import new_token
    from gliomanet.app.server import create_app
    from gliomanet.app.settings import AppSettings, Limits, default_store, is_loopback
    from gliomanet.app.start import check_built, listening
    from gliomanet.case_report.model.endpoint import Endpoint

    if bool(endpoint) != bool(endpoint_model):
        raise typer.BadParameter("give both, or neither", param_hint="--endpoint, --endpoint-model")
    is_open = not is_loopback(host) or any(not is_loopback(one) for one in name or [])
    token = new_token() if is_open else ""
    try:
        model = Endpoint(endpoint, endpoint_model, endpoint_key, allow_remote=endpoint_remote) if endpoint else None
        settings = AppSettings(
            bundle=bundle,
            study=study,
            store=store or default_store(),
            host=host,
            port=port,
            names=tuple(name or ()),
            token=token,
            expire_days=expire_days,
            workers=workers,
            threads=threads,
            endpoint=model,
            limits=Limits(seconds=60 * minutes, memory_bytes=int(memory * 2**30), waiting=waiting),
        )
        check_built()
        with ExitStack() as unless_it_starts:
            socket = unless_it_starts.enter_context(listening(host, port))
            app = create_app(settings)
            unless_it_starts.pop_all()
    except (CaseError, CohortError, ModelError, ProblemError, StorageError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from None
    shown = next(iter(settings.names), host if ":" not in host else f"[{host}]")
    address = f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
    console.print(escape(f"open {address}"))
    console.print(escape(f"cases are kept in {settings.store}"))
    if token:
        console.print("others reach this server: put TLS in front of it, and give this address to nobody else")
    limits = settings.limits
    options = server_options(limits.header_seconds, limits.connections)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **options))
    with suppress(KeyboardInterrupt):  # Ctrl-C, after the server has ended in order
        server.run([socket])
    if not server.started:  # it told why
        raise typer.Exit(3)
