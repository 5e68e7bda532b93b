"""One patient: from the scanner's files and a bundle to a result that a person can read."""
