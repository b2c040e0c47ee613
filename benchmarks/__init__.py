"""The speed of the tool beside others that read captures: large captures as code, and a runner that writes the page."""
