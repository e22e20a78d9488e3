from stream.contrib.actstream.registry import register

register("auth.User", "auth.Group", "sites.Site")
