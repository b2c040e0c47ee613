"""Linux, macOS and other POSIX systems."""
