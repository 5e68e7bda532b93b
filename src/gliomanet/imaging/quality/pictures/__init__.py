"""The pictures a person judges a case and a centre by. Heads are shown with their skull: local results, no figures."""
