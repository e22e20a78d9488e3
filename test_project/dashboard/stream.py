"""What the site says of its models; found as ``admin.py`` is."""

from stream.options import ModelOptions, register


@register("auth.User")
class PersonOptions(ModelOptions):
    def name(self, person):
        return person.get_full_name() or person.get_username()
