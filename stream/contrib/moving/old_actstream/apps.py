from stream.contrib.moving.stand_ins import StandIn


class OldActstreamConfig(StandIn):
    name = "stream.contrib.moving.old_actstream"
    label = "actstream"
    default = True
    verbose_name = "django-activity-stream (moved)"
