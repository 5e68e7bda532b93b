"""Rules of the audit: one defect of tables a function."""
