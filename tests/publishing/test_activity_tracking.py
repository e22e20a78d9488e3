"""The switch that keeps models from publishing: how far it reaches, and how long."""

import asyncio
import threading
from contextlib import ExitStack

import pytest
from asgiref.sync import async_to_sync
from hypothesis import given, settings as hypothesis_settings, strategies as st

from stream.activity import Activity
from stream.models import Action
from stream.publishing.tracking import is_tracked, model_tracking_disabled
from tests.activities.models import Article, Clip, Medium, Note, Photo

MODELS = [Activity, Medium, Clip, Note, Photo]


@pytest.mark.django_db
def test_what_is_switched_off_publishes_nothing(lennon):
    with model_tracking_disabled(Note):
        note = Note.objects.create(user=lennon, text="x")
        Note.objects.bulk_create([Note(user=lennon, text="y")])
        assert not Action.objects.exists()
        Photo.objects.create(user=lennon, title="Help")
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
def test_the_setting_is_read_live(lennon, settings):
    settings.STREAM_DISABLE_MODEL_TRACKING = True
    Note.objects.create(user=lennon, text="x")
    settings.STREAM_DISABLE_MODEL_TRACKING = False
    Note.objects.create(user=lennon, text="y")
    assert Action.objects.count() == 1


@given(st.lists(st.lists(st.sampled_from(MODELS), max_size=2), max_size=4))
@hypothesis_settings(max_examples=100, deadline=None)
def test_models_and_their_subclasses_are_switched_off(blocks):
    with ExitStack() as stack:
        for models in blocks:
            stack.enter_context(model_tracking_disabled(*models))
        off = tuple(each for models in blocks for each in models or [Activity])
        assert [is_tracked(each) for each in MODELS] == [not issubclass(m, off) for m in MODELS]
    assert all(map(is_tracked, MODELS))


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
    with model_tracking_disabled():
        thread = threading.Thread(target=lambda: seen.append(is_tracked(Note)))
        thread.start()
        thread.join()
        assert (seen, is_tracked(Note)) == ([True], False)


def test_another_task_does_not_see_it():
    async def switch_off(ready, done):
        with model_tracking_disabled(Note):
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


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match=r"disabled\('blog.Post'\): pass model classes"):
        model_tracking_disabled("blog.Post")
