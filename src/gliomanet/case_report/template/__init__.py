"""The template writer: the facts of a section in fixed sentences, a file a section."""
