"""The analyses behind the tables of `results/evaluation`: one table a file."""
