"""The parts of the HTML page: its data, its static parts, its style sheet and its script."""
