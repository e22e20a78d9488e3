"""What is measured: each suite has a table of cases, and data of its own."""
