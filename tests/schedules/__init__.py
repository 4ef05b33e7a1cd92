"""Schedules: production code on real threads, one at a time, switched at each shared access.

The library asks for memory and for the operating system through two providers, `Memory` and `Host`.
Here are a `ScheduledMemory` and a `ScheduledHost` for one `Scheduler`: every access to shared
memory, every lock, condition, event, park, sleep and thread goes through it, and a strategy decides
who goes on. Nothing in `ringbuffer/` is changed for it.
"""
