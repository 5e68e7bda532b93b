"""Reporting guidelines as data: a YAML file each, whose items name the facts of the run that answer them."""
