from stream.utils import register_action_object, register_actor, register_target

register_actor("auth.User")
register_target("auth.User")
register_action_object("auth.User")
