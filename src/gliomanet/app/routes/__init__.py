"""Addresses of the app, one file a group."""
