"""A voice assistant in smart glasses: real services and jobs, each a process of its own, under one policy."""
