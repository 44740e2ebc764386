"""Stores that keep sessions, tickets and the state of their exports."""
