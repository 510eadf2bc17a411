"""R4 as compact derived facts, and the script that derives them."""
