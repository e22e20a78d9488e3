"""How a page of any stream is read: it is the top of a merge of index ranges."""
