"""Facts of each section of a report, from the values of a result."""
