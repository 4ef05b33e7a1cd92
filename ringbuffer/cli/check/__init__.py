"""`python -m ringbuffer check`: every model in spec/ through TLC, and the mutants of the models."""
