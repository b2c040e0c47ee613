"""Messages: facts for a reader, as a code with named values. ``english`` makes sentences of them.

A stage of the analysis makes messages and never sentences. The document holds them; the catalogue turns them into
sentences when the document is complete. Another language is another catalogue.
"""

from analyzer.messages.model import FlowColumn, Message, Value, as_data, columns_in, from_data, message

__all__ = ["FlowColumn", "Message", "Value", "as_data", "columns_in", "from_data", "message"]
