"""Check of a case's images against their names: modalities in one another's place, and one stored under two names."""
