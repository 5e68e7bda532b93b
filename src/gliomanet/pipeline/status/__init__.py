"""A study before a run: its jobs as the workflow's engine plans them, why they would run, and what they would cost."""
