"""Data frames and arrays: what their libraries read and write by themselves."""
