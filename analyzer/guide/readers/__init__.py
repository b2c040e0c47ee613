"""One reader for each kind of file: octets in, pages of words and cells out. They run in a process of their own."""
