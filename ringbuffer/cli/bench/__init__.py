"""`ringbuffer bench`, and what any benchmark is made of: scenarios, contenders, runs that verify what arrived."""
