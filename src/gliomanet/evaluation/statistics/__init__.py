"""Statistics that know no table: intervals, paired comparisons, random effects, Shapley values."""
