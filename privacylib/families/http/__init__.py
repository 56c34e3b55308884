"""What speaks HTTP, on both sides, and how what it serves is named."""
