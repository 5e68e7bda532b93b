"""Reporting guidelines, `reporting/guidelines/*.yaml`, answered by the facts that their items name."""
