"""`ringbuffer doctor`: whether this machine and this interpreter suit the library, and what to do if not."""
