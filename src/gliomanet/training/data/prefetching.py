"""Batches made ready by a thread while a GPU is at the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from queue import Queue
from threading import Event, Thread
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from gliomanet.training.data.batches import Batch

AHEAD = 2
"""Batches that wait ready, at most."""


class Prefetched:
    """The batches of a loader in their order, `AHEAD` of them ready in page-locked memory, which a GPU copies from.

    A thread, not processes: copying cases into a batch holds no lock of the interpreter, and the cases need not be
    sent anywhere.

    Args:
        loader: yields batches; its sampler is told the epoch by Lightning, through the attribute of the same name.
        pinned: page-lock the memory; needs CUDA.
    """

    def __init__(self, loader: DataLoader[Batch], *, pinned: bool) -> None:
        self.sampler: Sampler[Any] | Any = loader.sampler
        self._loader, self._pinned = loader, pinned

    def __len__(self) -> int:
        assert isinstance(self._loader, Sized)
        return len(self._loader)

    def __iter__(self) -> Iterator[Batch]:
        # The loader's iterator is made here, not in the thread: it draws a number from torch's generator.
        batches, ready, stopped = iter(self._loader), Queue[Batch | BaseException | None](AHEAD), Event()

        def fill() -> None:
            try:
                for batch in batches:
                    if stopped.is_set():
                        return
                    ready.put(_pinned(batch) if self._pinned else batch)
                ready.put(None)
            except BaseException as error:
                ready.put(error)

        thread = Thread(target=fill, name="batches", daemon=True)
        thread.start()
        try:
            while (batch := ready.get()) is not None:
                if isinstance(batch, BaseException):
                    raise batch
                yield batch
        finally:
            stopped.set()
            while thread.is_alive():  # it may wait for a place in the queue
                while not ready.empty():
                    ready.get()
                thread.join(0.01)


def _pinned(batch: Batch) -> Batch:
    values = batch._asdict().items()
    tensors: dict[str, Any] = {name: value.pin_memory() for name, value in values if isinstance(value, Tensor)}
    return batch._replace(**tensors)
