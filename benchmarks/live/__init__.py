"""How much live updates take: many streams that are open and hear nothing, and one that does."""
