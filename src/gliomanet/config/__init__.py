"""The configuration of a study: values and their validation, one section per file."""
