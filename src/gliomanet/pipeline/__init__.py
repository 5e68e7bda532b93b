"""Parts that only the workflow needs: a study's plan, digests of users' files, job logs, environments."""
