"""Case tables: importers, harmonised labels, checks, splits."""
