"""A language model behind an OpenAI-compatible address: what it is sent, and how its answer is taken."""
