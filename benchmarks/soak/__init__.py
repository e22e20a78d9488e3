"""Many people at once, and workers that are killed: do stored timelines end equal to the join?"""
