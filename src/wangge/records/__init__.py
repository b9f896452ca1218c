"""What the township writes down: one module a kind, all listed in the catalogue."""
