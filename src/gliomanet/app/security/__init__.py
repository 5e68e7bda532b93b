"""What every request and answer goes through: host, origin, token, headers, slow clients."""
