"""The programs behind the commands of `ringbuffer/cli`: demo, doctor, bench, stress and top."""
