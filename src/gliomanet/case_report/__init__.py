"""A case report in words: facts of a result, phrased by template or by a language model whose draft is checked."""
