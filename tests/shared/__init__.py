"""Rings between processes: victims that are killed, and a soak in which processes die at random."""
