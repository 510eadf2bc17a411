"""One module a Google product, each with its rows in `KINDS`."""
