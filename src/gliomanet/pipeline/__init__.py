"""Parts that only the workflow needs: plan, code digests, job logs, environments."""
