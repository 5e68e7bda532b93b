"""Reviewer mode: readers score blinded cases, before and after they see the computer's answer."""
