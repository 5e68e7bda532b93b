# One timer for Snakemake's scheduler. Under a limit of jobs a second it looks again one span after each look, and 9.27
# starts a timer at each look, those of timers too: after 300 finished jobs it looks 300 times a span, until the end.

import threading

from snakemake.scheduling.job_scheduler import JobScheduler


def look_again(scheduler, delay):
    """Look for jobs to start once more after `delay` seconds, unless that is planned already."""
    if getattr(scheduler, "look_is_planned", False):
        return

    def look():
        scheduler.look_is_planned = False  # before the look, which plans the next one
        scheduler._open_jobs.release()

    scheduler.look_is_planned = True
    timer = threading.Timer(delay, look)
    timer.daemon = True  # a run that is over does not wait for it
    timer.start()


JobScheduler._schedule_reevalutation = look_again
