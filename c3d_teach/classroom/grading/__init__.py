"""Grading: submissions are put together, run in isolation, compared outside of it, and marked."""
