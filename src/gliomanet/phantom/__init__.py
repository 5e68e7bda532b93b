"""A synthetic multi-centre cohort with known truth, on the MNI152 anatomy."""
