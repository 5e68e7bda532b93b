"""The page and the PDF of one patient: made from `result.json` and the files beside it, and nothing else."""
