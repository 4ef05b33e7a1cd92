"""What the commands and the tests share: configurations, mutants, TLC, and what TLC prints."""
