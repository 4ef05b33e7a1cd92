"""`ringbuffer top`: a live view of a running program's rings, read from its endpoint."""
