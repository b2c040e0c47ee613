"""A person goes through a draft: in a browser on this machine, in the terminal, or by answers on the command line."""
