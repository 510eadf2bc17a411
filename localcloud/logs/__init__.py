"""Cloud Logging's entries: filters, routing by sinks, and the buckets that hold them."""
