"""What queries read, and what each of their columns depends on."""
