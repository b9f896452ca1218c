"""How people reach us: one module or package a platform, and nothing of ours but messages."""
