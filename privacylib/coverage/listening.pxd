# The compiled form stands in ``listening.pyx``.
