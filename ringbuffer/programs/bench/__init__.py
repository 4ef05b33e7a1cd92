"""`ringbuffer bench`, and the parts of any benchmark: scenarios, contenders and verified runs."""
