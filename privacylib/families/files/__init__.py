"""Files, and what reads and writes them by itself."""
