"""Pictures to judge a case and a centre by. Heads are shown with their skull: local results, not for publication."""
