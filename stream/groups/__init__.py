"""Actions shown as one: "ann, bob and 3 others liked photo"."""
