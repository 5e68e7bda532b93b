"""The study's report: one page."""
