"""Inference: probabilities, deep features and segmentations of trained models, and their ensembles."""
