"""Programs as they come from PyPI, under ``privacylib run``: their edges are those that their source says."""
