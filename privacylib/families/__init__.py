"""What the libraries of one kind have in common, whatever they are called."""
