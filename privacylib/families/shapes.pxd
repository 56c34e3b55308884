# Each of its functions is called on each call of a driver: they are compiled.
