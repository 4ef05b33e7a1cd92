"""The calls, a module for each part of the library."""
