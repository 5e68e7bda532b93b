"""Sentences and words of the template, a file a language with the same keys."""
