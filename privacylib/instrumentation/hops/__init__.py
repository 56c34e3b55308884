"""Context hops: how the policy context gets from where work is submitted to where it runs."""

__all__ = ["install"]


def install() -> None:
    """Install every hop; doing so again changes nothing."""
