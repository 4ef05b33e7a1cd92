"""The command line: `python -m ringbuffer`, also installed as `ringbuffer`."""
