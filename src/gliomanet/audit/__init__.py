"""Rules that look for known defects in a study's tables: one idea a file, one function a rule."""
