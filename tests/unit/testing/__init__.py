"""Tests of `ringbuffer.testing`, the schedules and the clock that users get."""
