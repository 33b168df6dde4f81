"""Abeyance: the desk where a government's request for user data arrives, is checked, weighed and answered."""

__version__ = "0.1.0"
