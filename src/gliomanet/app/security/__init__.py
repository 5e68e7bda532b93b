"""The gate of every request and answer: host, origin, token, headers, slow clients."""
