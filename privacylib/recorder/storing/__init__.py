"""Where the bytes of one producer are kept: in a directory of the spool, or in memory."""
