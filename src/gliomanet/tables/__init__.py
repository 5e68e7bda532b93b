"""Tables of the results: reading, writing, schemas."""
