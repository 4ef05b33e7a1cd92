"""Transports: how events travel to the handlers: through a ring, or through a channel for each."""
