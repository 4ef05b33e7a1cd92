"""What builds the project; not part of the library."""
