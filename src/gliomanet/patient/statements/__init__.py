"""Statements of a result: a code with its values, and the sentence that each language makes of them."""
