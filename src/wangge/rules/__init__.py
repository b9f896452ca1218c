"""What the township demands: events, plans, calendar, time limits, rights, policy. No I/O."""
