"""A SLURM of one node on this machine, from Debian's packages and without systemd: set up, waited for, taken down."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

CONFIGURATION = Path("/etc/slurm")
"""Jobs look here: they do not inherit `SLURM_CONF`."""

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")
MEMORY_CGROUP = Path("/sys/fs/cgroup/memory")
OURS = "# written by tests/slurm/one_node.py; taken away when the tests end"

SLURM = """\
{ours}
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/node
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
GresTypes=gpu
ReturnToService=2
KillWait=5
OverTimeLimit=0
MinJobAge={min_job_age}
AccountingStorageType=accounting_storage/none
JobRequeue=1
SlurmdParameters=config_overrides
{memory}
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=40000 Gres=gpu:fake:1 State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES MaxTime=24:00:00
PartitionName=gpu Nodes={host} MaxTime=24:00:00
"""
# How a job over its memory is ended: by the kernel, where a version 1 memory cgroup may be made, …
BY_KERNEL = "TaskPlugin=task/cgroup\nJobAcctGatherType=jobacct_gather/none"
CGROUP = """\
{ours}
CgroupPlugin=cgroup/v1
ConstrainRAMSpace=yes
ConstrainCores=no
ConstrainDevices=no
ConstrainSwapSpace=no
"""
# … otherwise by SLURM, which looks at the job's processes every second.
BY_SLURM = """\
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill"""
GPU = "{ours}\nNodeName={host} Name=gpu Type=fake File=/dev/null Count=1\n"


def why_not() -> str:
    """Say what keeps a SLURM from being brought up here; an empty text where nothing does."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"no {', '.join(missing)}: as root, `make test-slurm` installs Debian's slurm-wlm and munge"
    if os.geteuid() != 0:
        return "starting slurmctld and slurmd takes root"
    present = CONFIGURATION / "slurm.conf"
    text = present.read_text(encoding="utf-8") if present.exists() else ""
    if text and OURS not in text:
        return f"{present} is there already: this machine belongs to a SLURM, which the tests leave alone"
    number = re.search(r"^SlurmctldPidFile=(.*)$", text, re.MULTILINE)
    if number and Path(number[1]).exists() and Path("/proc", Path(number[1]).read_text().strip()).exists():
        return f"another run of these tests has its SLURM up ({present})"
    return ""


@dataclass
class Cluster:
    """A running cluster; its partitions are `cpu` (the default) and `gpu`, its one GPU is a fake.

    Attributes:
        folder: folder of its state and logs.
        by_kernel: whether the kernel ends a job over its memory; SLURM does otherwise.
        processes: daemons by name.
    """

    folder: Path
    by_kernel: bool
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return socket.gethostname().split(".")[0]

    def start(self, name: str, *command: str) -> None:
        """Start a daemon in the foreground of a session of its own."""
        with (self.folder / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End a daemon, by its own process id."""
        process = self.processes.pop(name)
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)

    def start_controller(self) -> None:
        self.start("slurmctld", "slurmctld", "-D")

    def start_node(self) -> None:
        self.start("slurmd", "slurmd", "-D")

    def ask(self, *command: str) -> str:
        """Run one of SLURM's commands, and return what it says."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        return done.stdout + done.stderr

    def wait_until(self, said: str, *command: str, seconds: float = 60) -> None:
        """Wait until one of SLURM's commands says something."""
        end = time.monotonic() + seconds
        while said not in (answer := self.ask(*command)):
            if time.monotonic() > end:
                logs = "\n".join(
                    f"{log}:\n{log.read_text()[-2000:]}" for log in sorted(self.folder.glob("*.[lo][ou][gt]"))
                )
                raise TimeoutError(f"`{' '.join(command)}` did not say {said!r} in {seconds} s, but: {answer}\n{logs}")
            time.sleep(0.5)

    def wait_for_node(self) -> None:
        self.wait_until("idle", "sinfo", "--noheader", "--format=%t", "--partition=cpu")


@contextmanager
def one_node(folder: Path, min_job_age: int = 300) -> Iterator[Cluster]:
    """A cluster of one node while the block runs; afterwards nothing of it is left, its jobs included."""
    by_kernel = can_limit_memory()
    cluster = Cluster(folder, by_kernel)
    for name in ("controller", "node"):
        (folder / name).mkdir(parents=True)
    values = {
        "ours": OURS,
        "host": cluster.host,
        "folder": folder,
        "controller_port": free_port(),
        "node_port": free_port(),
        "min_job_age": min_job_age,
        "memory": BY_KERNEL if by_kernel else BY_SLURM,
    }
    texts = {"slurm.conf": SLURM, "gres.conf": GPU, "cgroup.conf": CGROUP}
    CONFIGURATION.mkdir(exist_ok=True)
    try:
        for name, text in texts.items():
            (CONFIGURATION / name).write_text(text.format(**values), encoding="utf-8")
        start(cluster)
        yield cluster
    finally:
        if "slurmctld" in cluster.processes:
            cluster.ask("scancel", "--user=root")
            cluster.ask("scontrol", "shutdown", "slurmctld")
        for name in reversed(list(cluster.processes)):
            cluster.stop(name)
        end_what_is_left(cluster)
        for name in texts:
            (CONFIGURATION / name).unlink(missing_ok=True)


def end_what_is_left(cluster: Cluster) -> None:
    """End processes of jobs whose node was said to be down: SLURM has forgotten them."""
    folder = str(cluster.folder.parent).encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is the kernel's
            if b"SLURM_JOB_ID=" in (process / "environ").read_bytes() and folder in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def start(cluster: Cluster) -> None:
    key = cluster.folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    files = {
        "key-file": key,
        **{name: cluster.folder / f"munge.{name}" for name in ("socket", "pid-file", "log-file", "seed-file")},
    }
    options = [f"--{name}={path}" for name, path in files.items()]
    # --force: the folder is not one of the system's
    cluster.start("munged", "munged", "--foreground", "--force", "--num-threads=2", *options)
    end = time.monotonic() + 20
    while not files["socket"].exists():
        if time.monotonic() > end:
            raise TimeoutError(f"munged does not start: {(cluster.folder / 'munged.out').read_text()}")
        time.sleep(0.2)
    cluster.start_controller()
    cluster.start_node()
    cluster.wait_for_node()


def can_limit_memory() -> bool:
    """Whether a memory cgroup of version 1 may be made and limited here."""
    trial = MEMORY_CGROUP / f"trial-{os.getpid()}"
    try:
        trial.mkdir()
    except OSError:
        return False
    try:
        (trial / "memory.limit_in_bytes").write_text(str(2**30))
        return True
    except OSError:
        return False
    finally:
        trial.rmdir()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
