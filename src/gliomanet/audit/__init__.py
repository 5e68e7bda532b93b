"""Rules that look for known defects in a study's tables: one idea per file, one function per rule."""
