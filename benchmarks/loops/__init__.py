"""The measured programs, one for each library, run by path: each counts packets and flows of the named capture.

Each prints the time from the opened file to the last packet, without its own imports, as a line of JSON.
"""
