"""Runners: what passes events to a handler, in a thread or in a task of its own."""
