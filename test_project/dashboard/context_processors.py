from django.utils.functional import SimpleLazyObject

from test_project.dashboard.models import SAMPLE_SOURCE, Repository


def sample(request):
    """Tell templates whether the site shows made-up data: one query where a template asks."""
    samples = Repository.objects.filter(source__startswith=SAMPLE_SOURCE)
    return {"has_sample": SimpleLazyObject(samples.exists)}
