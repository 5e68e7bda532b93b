"""A study's model as one folder that is read without executing anything: its form, and its reader."""
