healthy
