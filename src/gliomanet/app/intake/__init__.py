"""Uploads: received in bounds, opened with suspicion in a process of their own, and kept without identity."""
