"""Training: data, losses and recipes, of the image and the tabular arm."""
