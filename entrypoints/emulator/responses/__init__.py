"""Requests for a response: their checks, and who answers them."""
