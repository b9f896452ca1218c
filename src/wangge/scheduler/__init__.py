"""What happens by the clock: what is due, claimed once, put into the outbox."""
