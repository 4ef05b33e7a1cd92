"""The formal models, and the tools that check them: `python -m spec`. README.md explains both."""
