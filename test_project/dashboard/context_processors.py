from django.contrib.auth.models import User
from django.utils.functional import SimpleLazyObject

from test_project.dashboard.models import SAMPLE_EMAIL

BADGE_SECONDS = 20


def sample(request):
    """Tell templates whether the site shows made-up data: one query where a template asks."""
    samples = User.objects.filter(email__endswith=SAMPLE_EMAIL)
    return {"has_sample": SimpleLazyObject(samples.exists)}


def badge(request):
    """Tell templates how often the number of new notifications is asked for."""
    return {"badge_seconds": BADGE_SECONDS}
