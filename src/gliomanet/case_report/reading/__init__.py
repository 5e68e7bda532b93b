"""Sentences read into what they claim: numbers with units, sides, labels, negations, certainty."""
