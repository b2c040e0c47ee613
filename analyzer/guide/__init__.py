"""A user's guide becomes rows: a table of ports is read from a file, checked by a person, and becomes an overlay.

``import_guide`` gives a draft, ``confirm`` asks for what is open, ``overlay`` makes the pack. A foreign file is read
in a process of its own (``analyzer.guide.process``).
"""
