"""How much of a foreign file is read. What is beyond is named, never dropped without a word."""

MAX_OCTETS = 64 << 20
"""Of the file itself."""
MAX_PAGES = 60
"""That are read at once; of a longer guide the user names those that matter."""
MAX_SCANNED = 3000
"""Pages that are searched for a table of ports where the user names none."""
MAX_PAGE_CHARACTERS = 60_000
MAX_PAGE_WORDS = 20_000
MAX_CELLS = 50_000
"""Of all tables of a file."""
MAX_ROWS = 5_000
"""Of one sheet, or of a file of values."""
MAX_COLUMNS = 60
MAX_CELL_CHARACTERS = 4_000
"""Of a cell, and of a word."""
MAX_PROBLEMS = 50
"""Sentences on what was not read, of one file or page."""
MAX_PICTURES = 120
"""Of rows, beside a draft that is confirmed."""
MAX_TEXT_LINES = 20_000
MAX_TEXT_OCTETS = 8 << 20
"""Of a text, a web page or a file of values."""
MAX_LINE_CHARACTERS = 10_000
MAX_PRINTED_ROWS = 1_000
"""Of all tables of a guide: a table of ports has a few dozen."""
MAX_MEMORY = 2 << 30
"""Of the process that reads."""
MAX_ANSWER = 64 << 20
"""Octets that it may answer with."""
SECONDS = 120.0
"""That it may take."""
