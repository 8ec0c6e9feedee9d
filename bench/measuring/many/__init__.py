"""Trials of many instances: one after another, or asked for at the same moment."""
