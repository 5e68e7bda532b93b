"""A result in plain language for the person whose scans they are: estimates in counts of people, and no forecast."""
