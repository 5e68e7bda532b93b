"""Predictions of any system, read from any table, scored by the code that scores a study."""
