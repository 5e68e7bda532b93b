"""Event files of training jobs, and the one writer that brings them into MLflow."""
