"""A made-up town, its people, its week and its year, played against the sandbox."""
