"""Cases on disk: a folder a case, whole or not there at all."""
