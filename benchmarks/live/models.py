"""People who follow each other."""

from django.contrib.auth.models import User

from follow.utils import register
from stream.utils import register_actor

register(User)
register_actor(User)
