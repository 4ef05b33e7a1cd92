"""`ringbuffer doctor`: whether this machine and this interpreter suit the library, with advice."""
