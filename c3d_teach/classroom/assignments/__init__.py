"""Assignments: masters as text, and the notebooks that are made from them."""
