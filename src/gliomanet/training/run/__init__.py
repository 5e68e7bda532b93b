"""One training job: run, resume, lock, checkpoint."""
