"""Brain extraction: built in, or by an external tool."""
