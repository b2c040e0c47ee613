"""How fast the tool is, beside others that read captures: large captures as code, and a runner that writes the page."""
