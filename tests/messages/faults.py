"""What ends a job, or a case within it: devices, memory, numbers that are none, damaged results, crashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gliomanet.audit.center_images import Inspection, _crashed
from gliomanet.child_processes import Crash
from gliomanet.errors import ProblemError
from gliomanet.files.reading_back import read_written_json
from gliomanet.models.devices import Gpu, choose_devices, told_of_memory
from gliomanet.training.recipes.not_finite import NotFiniteError
from gliomanet.training.run.epochs import _no_number
from gliomanet.training.run.memory import MemoryExceededError, Split, train_in_parts

FULL = "CUDA out of memory. Tried to allocate 2.00 GiB"


def told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Name and text of each message."""
    for name in ("ROCR_VISIBLE_DEVICES", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(torch, "__version__", "2.13.0+cpu")
    monkeypatch.setattr(torch.version, "cuda", None)
    yield "job, no GPU seen", _text(lambda: choose_devices(1, visible=list))
    yield "job, too few GPUs", _text(lambda: choose_devices(2, visible=lambda: [Gpu(0, "a", "A", True)]))
    yield "job, memory of a batch", _text(lambda: train_in_parts(_too_large, "net, stage supervised, fold 0", "H200"))
    yield "job, memory of a case", _text(_case_too_large)
    terms, cases = {"idh": float("nan"), "segmentation": 0.41}, ("P-1", "P-2")
    stopped = NotFiniteError("loss", float("nan"), "tasks", 12, 3, terms, cases)
    model = SimpleNamespace(learning_rate=0.01)
    job = SimpleNamespace(title="net, stage supervised, fold 0", name={"model": "net"}, model=model)
    for precision in ("32-true", "bf16-mixed"):
        job.precision = precision
        yield f"job, not finite in {precision}", str(_no_number(stopped, job))  # type: ignore[arg-type]
    yield "result, missing", _text(lambda: read_written_json(folder / "P-1" / "preprocess.json", delete=folder / "P-1"))
    (folder / "record.json").write_text("{")
    yield "result, damaged", _text(lambda: read_written_json(folder / "record.json"))
    for status in (-11, -9):
        (finding,) = _crashed(Inspection("A", "P-1", lambda: None), Crash(status)).findings  # type: ignore[arg-type, return-value]
        yield f"inspection, status {status}", f"{finding.found}; {finding.action}"


def _too_large(parts: int) -> None:
    raise MemoryExceededError(Split(6, 6, 6), FULL)


def _case_too_large() -> None:
    with told_of_memory("case P-1", torch.device("cuda", 0)):
        raise torch.OutOfMemoryError(FULL)


def _text(call: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as caught:
        call()
    return str(caught.value)
