"""Every access is recorded durably before its answer leaves."""
