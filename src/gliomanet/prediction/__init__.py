"""What trained models say of cases: probabilities, deep features, ensembles."""
