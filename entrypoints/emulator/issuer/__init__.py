"""The OAuth issuer: sign-in by browser and by device code, tokens, and the faults of all that."""
