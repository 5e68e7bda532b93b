"""The `gliomanet` command: one subcommand a file."""
