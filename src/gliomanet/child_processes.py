"""Work in processes of its own, so that a crash of native code ends one case and not the job of a whole centre.

A library in C that meets a file it cannot take may end its process (segmentation fault, abort), and a machine short of
memory ends one, too. Python cannot catch that. Here such a piece of work becomes a `Crash` in place of its result.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from threading import Thread
from typing import Any, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Crash:
    """A process that ended without a result: by a signal (negative status), or by itself."""

    status: int

    @property
    def was_killed(self) -> bool:
        """True where it was ended from outside, as for want of memory: it may well succeed another time."""
        return self.status == -signal.SIGKILL

    def __str__(self) -> str:
        """`its process was ended by signal 11 (Segmentation fault)`."""
        if self.status >= 0:
            return f"its process ended by itself with status {self.status}"
        memory = ", most likely because the memory was full" if self.was_killed else ""
        return f"its process was ended by signal {-self.status} ({signal.strsignal(-self.status)}){memory}"


def each_alone(works: Sequence[Callable[[], T]], processes: int) -> Iterator[T | Crash]:
    """The results of pieces of work, in their order, from so many processes at once.

    Processes are used again, since each has to import its libraries. Where one crashes, the pieces that were at work
    are tried again, each in a process of its own: what crashes there is the one, and the others go on.

    Args:
        works: sent to another process, so they can be pickled.
        processes: 1 or more.

    Raises:
        Exception: what a piece of work raises.
    """
    found: dict[int, T | Crash] = {}
    waiting = list(range(len(works)))[::-1]
    told = 0
    while waiting:
        for place, result in _until_a_crash(works, waiting, processes):
            found[place] = result
            while told in found:
                yield found.pop(told)
                told += 1


def run_alone(work: Callable[[], T], start: Literal["spawn", "fork"] = "spawn") -> T | Crash:
    """The result of one piece of work in a process of its own, which ends with this one, however that ends.

    Args:
        work: called there.
        start: `spawn` for a fresh interpreter, which `work` is sent to; `fork` for a copy of this process, which costs
            nothing, and is safe only as long as this process has no threads and has imported nothing that has.

    Raises:
        Exception: what it raises; the traceback is a note.
    """
    context: Any = multiprocessing.get_context(start)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_told, args=(work, sender))
    process.start()
    sender.close()
    try:
        told = pickle.loads(receiver.recv_bytes())
    except EOFError:
        process.join()
        return Crash(process.exitcode)
    process.join()
    if told[0] == "done":
        return told[1]  # type: ignore[no-any-return]
    error: Exception = told[1]
    error.add_note(told[2])
    raise error


def _until_a_crash(
    works: Sequence[Callable[[], T]], waiting: list[int], processes: int
) -> Iterator[tuple[int, T | Crash]]:
    """Place and result of the pieces that wait, the last first; a crash ends it, and its suspects are done alone."""
    # Started afresh, not forked: a fork of a process that has threads may hang.
    context = multiprocessing.get_context("spawn")
    at_work: dict[Future[T], int] = {}
    count = min(processes, len(waiting))
    with ProcessPoolExecutor(count, mp_context=context, initializer=_prepare) as pool:
        try:
            while waiting or at_work:
                while waiting and len(at_work) < count:
                    at_work[pool.submit(works[waiting[-1]])] = waiting[-1]
                    waiting.pop()
                for future in wait(at_work, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    yield at_work.pop(future), result
            return
        except BrokenProcessPool:
            pass
    for place in sorted(at_work.values()):
        yield place, run_alone(works[place])


def _told(work: Callable[[], T], sender: Any) -> None:
    """In the child: do the work, and send what comes of it."""
    _prepare()
    try:
        told: tuple[Any, ...] = ("done", work())
    except Exception as error:
        told = ("raised", error, traceback.format_exc())
    try:
        content = pickle.dumps(told)
        pickle.loads(content)
    except Exception:  # whatever an exception of a library raises when it is made anew
        words = RuntimeError(f"{type(told[1]).__name__}: {told[1]}")
        content = pickle.dumps(("raised", words, traceback.format_exc()))
    sender.send_bytes(content)


def _prepare() -> None:
    """In a child: tell of a crash where it happens, and end when the parent has ended, however it did."""
    faulthandler.enable()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
