"""The switch that keeps models from publishing: how far it reaches, and how long."""

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync
from hypothesis import given, settings as hypothesis_settings, strategies as st

from stream.activity import Activity
from stream.models import Action
from stream.publishing.tracking import (
    disable_model_tracking,
    enable_model_tracking,
    is_tracked,
    model_tracking_disabled,
)
from tests.activities.models import Article, Clip, Medium, Note, Photo

MODELS = [Activity, Medium, Clip, Note, Photo]


@pytest.fixture(autouse=True)
def all_tracked():
    yield
    enable_model_tracking()


@pytest.mark.django_db
def test_what_is_switched_off_publishes_nothing(lennon):
    disable_model_tracking(Note)
    note = Note.objects.create(user=lennon, text="x")
    Note.objects.bulk_create([Note(user=lennon, text="y")])
    assert not Action.objects.exists()
    Photo.objects.create(user=lennon, title="Help")
    enable_model_tracking(Note)
    Note.objects.create(user=lennon, text="z")
    assert Action.objects.count() == 2
    note.save()
    assert Action.objects.count() == 2


@pytest.mark.django_db
def test_what_is_switched_off_refreshes_nothing(lennon):
    article = Article.objects.create(author=lennon, title="So")
    article.title = "Because"
    with model_tracking_disabled(Article):
        article.save()
    assert Action.objects.get().data == {"title": "So"}
    with model_tracking_disabled():
        article.delete()
    assert not Action.objects.exists()


@pytest.mark.django_db
def test_the_setting_is_read_live_and_stronger(lennon, settings):
    settings.STREAM_DISABLE_MODEL_TRACKING = True
    enable_model_tracking(Note)
    Note.objects.create(user=lennon, text="x")
    settings.STREAM_DISABLE_MODEL_TRACKING = False
    Note.objects.create(user=lennon, text="y")
    assert Action.objects.count() == 1


def test_the_last_word_about_a_model_holds():
    disable_model_tracking()
    enable_model_tracking(Medium)
    disable_model_tracking(Clip)
    assert [is_tracked(each) for each in MODELS] == [False, True, False, False, False]
    enable_model_tracking(Medium)
    assert is_tracked(Clip)


@given(st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(MODELS), max_size=2))))
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_calls_in_any_order(calls):
    enable_model_tracking()
    expected = dict.fromkeys(MODELS, True)
    for on, models in calls:
        (enable_model_tracking if on else disable_model_tracking)(*models)
        for each in MODELS:
            if not models or issubclass(each, tuple(models)):
                expected[each] = on
    assert {each: is_tracked(each) for each in MODELS} == expected


def test_blocks_nest_and_end_with_errors():
    switch = model_tracking_disabled(Note)
    with switch, switch, model_tracking_disabled(Photo):
        assert not is_tracked(Note)
        assert not is_tracked(Photo)
    assert is_tracked(Note)
    with pytest.raises(RuntimeError), switch:
        raise RuntimeError
    assert is_tracked(Note)


def test_it_decorates_functions_and_coroutines():
    @model_tracking_disabled(Note)
    def plain():
        return is_tracked(Note)

    @model_tracking_disabled(Note)
    async def coroutine():
        await asyncio.sleep(0)
        return is_tracked(Note)

    assert (plain(), async_to_sync(coroutine)(), is_tracked(Note)) == (False, False, True)


def test_another_thread_does_not_see_it():
    seen = []
    disable_model_tracking()
    thread = threading.Thread(target=lambda: seen.append(is_tracked(Note)))
    thread.start()
    thread.join()
    assert (seen, is_tracked(Note)) == ([True], False)


def test_another_task_does_not_see_it():
    async def switch_off(ready, done):
        disable_model_tracking(Note)
        ready.set()
        await done.wait()
        return is_tracked(Note)

    async def both():
        ready, done = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(switch_off(ready, done))
        await ready.wait()
        here = is_tracked(Note)
        done.set()
        return here, await task

    assert asyncio.run(both()) == (True, False)


@pytest.mark.parametrize(
    "call", [disable_model_tracking, enable_model_tracking, model_tracking_disabled]
)
def test_what_is_no_model_is_refused(call):
    with pytest.raises(TypeError, match=rf"{call.__name__}\('blog.Post'\): pass model classes"):
        call("blog.Post").__enter__()
