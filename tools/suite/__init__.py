"""`make test` and `make verify`: independent parts side by side, and one table at the end."""
