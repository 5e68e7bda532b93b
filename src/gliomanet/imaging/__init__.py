"""Preprocessing from scanner files to one atlas grid, with image quality metrics and pictures to judge it by."""
