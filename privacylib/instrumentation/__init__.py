"""What is put around other libraries: context hops, and patches that integrations declare."""
