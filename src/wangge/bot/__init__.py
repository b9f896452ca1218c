"""The programme: open the parts, and take every message through one transaction."""
