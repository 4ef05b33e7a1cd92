"""`ringbuffer top`: a live view of a running program's rings, from the endpoint that the program opened."""
