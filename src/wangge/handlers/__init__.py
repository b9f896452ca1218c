"""What we answer, written once for all channels."""
