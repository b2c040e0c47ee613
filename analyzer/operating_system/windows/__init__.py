"""Windows. What Python does not offer is called in Windows' own libraries, as Microsoft documents it."""
