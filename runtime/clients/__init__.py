"""Google's services as the runtime uses them, each with a fake beside it."""
