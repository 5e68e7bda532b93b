"""Survival of the patients: reference curves of groups, and a Cox baseline beside age alone."""
