"""What is measured of each library: a program each, run by path, that counts packets and flows of the capture named.

Each says how long it took from the opened file to the last packet, its own imports left out, as a line of JSON.
"""
