"""SQL as text: what its words tell without its meaning, and how it is parsed."""
