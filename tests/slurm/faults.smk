# Jobs that end as jobs do on a cluster, for tests/slurm: each in its own way, and as fast as it can.

import sys
from pathlib import Path

sys.path.insert(0, str(Path(config["repository"]) / "src"))


include: Path(config["repository"]) / "workflow/rules/failures.smk"


onstart:
    check_cluster()


rule all:
    input:
        "hungry",
        "slow",
        "cancelled",
        "wrong",
        "killed",
        "given",


rule hungry:  # has too little memory, until it is tried again
    output:
        "hungry",
    log:
        "logs/hungry.log",
    resources:
        mem_mb=lambda wildcards, attempt: 150 if attempt == 1 else 3000,
    shell:
        """
        python3 -c 'import time; held = [b"x" * (10 << 20) for _ in range(20)]; time.sleep(3)' >{log} 2>&1
touch {output}
        """


rule slow:  # longer than its time
    output:
        "slow",
    log:
        "logs/slow.log",
    retries: 0
    resources:
        runtime=1,
    shell:
        "sleep 600; touch {output}"


rule cancelled:  # until somebody cancels it
    output:
        "cancelled",
    log:
        "logs/cancelled.log",
    shell:
        "touch started; sleep 600; touch {output}"


rule wrong:  # ends in an error for a person
    output:
        "wrong",
    log:
        "logs/wrong.log",
    shell:
        """
        python3 -c 'raise ValueError("case P-1: no such file")' >{log} 2>&1
        """


rule killed:  # ends without a word
    output:
        "killed",
    log:
        "logs/killed.log",
    shell:
        "kill -9 $$"


rule given:  # asks for a GPU, for two cores, and for more time than any partition gives
    output:
        "given",
    log:
        "logs/given.log",
    threads: 2
    resources:
        gpu=1,
        runtime=10000,
    shell:
        'echo "{threads} {resources.gpu} $CUDA_VISIBLE_DEVICES $SLURM_JOB_PARTITION $SLURM_CPUS_ON_NODE $OMP_NUM_THREADS" > {output}'


rule patient:  # asked for by itself: outlives a scheduler that is away
    output:
        "waited",
    log:
        "logs/patient.log",
    shell:
        "touch waiting; sleep 45; touch {output}"
