"""Correct networks: whatever law breaks on one of them is wrong."""
