"""How jobs are run: settings, failures, and work outside of transactions."""

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from stream.jobs import running
from stream.jobs.conf import check_jobs, options
from stream.jobs.models import BaseJob, GiveUpError, Step, job_models
from stream.timelines import steps
from stream.timelines.models import Job

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "STREAM_JOBS = []: write a dict."),
        ({"delver": 1}, "['delver'] = 1: the options are deliver, queue, retry_after."),
        ({"deliver": "post"}, "choose one of after_commit, celery, command."),
        ({"queue": 1}, "write the name of a queue of Celery, or None."),
        ({"retry_after": 0}, "write a whole number from 1 on."),
    ],
)
def test_wrong_options_are_told(settings, given, said):
    settings.STREAM_JOBS = given
    with pytest.raises(ImproperlyConfigured) as error:
        options()
    assert said in str(error.value)
    assert [each.id for each in check_jobs()] == ["stream.E038"]


def test_celery_must_be_installed(settings, monkeypatch):
    settings.STREAM_JOBS = {"deliver": "celery"}
    assert check_jobs() == []
    monkeypatch.setattr("stream.jobs.conf.find_spec", lambda name: None)
    assert [each.id for each in check_jobs()] == ["stream.E036"]


@pytest.fixture
def job(monkeypatch):
    """A job that does what the test appends to ``job.steps``."""
    job = Job.objects.create(kind=Job.Kind.BUILD)
    todo = []
    monkeypatch.setattr(steps, "take_step", lambda job, using: todo.pop(0)(job))
    job.todo = todo
    return job


def fail(error):
    def step(job):
        raise error

    return step


def test_each_failure_makes_the_pause_twice_as_long(job, settings):
    settings.STREAM_JOBS = {"retry_after": 100}
    pauses = []
    for _ in range(3):
        job.todo.append(fail(ValueError("x")))
        with pytest.raises(ValueError, match="x"):
            running.run_job(Job, job.pk)
        job.refresh_from_db()
        pauses.append(round((job.due_at - timezone.now()).total_seconds()))
    assert (pauses, job.attempts, job.error) == ([100, 200, 400], 3, "ValueError: x")


def test_no_pause_is_longer_than_some_hours(job):
    Job.objects.update(attempts=100)
    job.todo.append(fail(ZeroDivisionError))
    with pytest.raises(ZeroDivisionError):
        running.run_job(Job, job.pk)
    job.refresh_from_db()
    assert job.due_at < timezone.now() + running.LONGEST_PAUSE + dt.timedelta(seconds=1)


def test_what_cannot_be_done_is_not_tried_again(job):
    job.todo.append(fail(GiveUpError("gone")))
    with pytest.raises(GiveUpError):
        running.run_job(Job, job.pk)
    job.refresh_from_db()
    assert (job.due_at, job.error) == (None, "GiveUpError: gone")
    assert not running.run_job(Job, job.pk)
    assert running.run_all(Job) == (0, 0)


def test_a_limit_of_attempts_ends_them(job, monkeypatch):
    monkeypatch.setattr(Job, "attempts_at_most", 2)
    job.todo += [fail(ValueError), fail(ValueError)]
    assert running.run_all(Job) == (0, 1)
    assert running.run_all(Job) == (0, 1)
    assert running.run_all(Job) == (0, 0)


def test_what_comes_after_the_commit_is_repeated_until_it_is_done(job):
    done = []

    def after():
        done.append(Job.objects.get().is_held)
        if len(done) == 1:
            raise ZeroDivisionError

    job.todo += [lambda job: Step(7), lambda job: Step(None, after=[after])]
    with pytest.raises(ZeroDivisionError):
        running.run_job(Job, job.pk)
    job.refresh_from_db()
    assert (job.cursor, job.is_held) == (7, False)
    job.todo += [lambda job: Step(None, after=[after])]
    assert running.run_job(Job, job.pk)
    assert done == [True, True]
    assert not Job.objects.exists()


def test_a_job_that_another_is_doing_is_left_alone_until_it_is_due(job):
    Job.objects.update(is_held=True)
    assert not running.run_job(Job, job.pk)
    Job.objects.update(due_at=timezone.now() - dt.timedelta(seconds=1))
    job.todo.append(lambda job: Step())
    assert running.run_job(Job, job.pk)


def test_each_app_with_jobs_has_a_table():
    assert Job in job_models()
    assert all(issubclass(each, BaseJob) for each in job_models())
