"""Cases of a fold as batches: reading, caching, augmentation, prefetching."""
