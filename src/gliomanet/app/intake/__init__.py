"""Uploads: received as bytes under generated names, and opened in a worker process alone."""
