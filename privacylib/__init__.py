"""Privacy-aware infrastructure for any Python service."""
