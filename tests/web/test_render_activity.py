"""``{% render_activity %}``: actions, groups, and what is shown of those whose objects are gone."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.template import Context, Engine, TemplateSyntaxError
from django.test import override_settings
from django.utils import timezone, translation

from stream.feeds import Group, MissingData
from stream.models import Action
from stream.streams import target_stream
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db


@pytest.fixture
def band():
    return Band.objects.create(name="<b>Cream</b>")


def like(band, *names, minutes=5):
    """Let users like a band, the first last; return the group."""
    for number, name in enumerate(names):
        user = User.objects.get_or_create(username=name)[0]
        when = timezone.now() - dt.timedelta(minutes=minutes + number)
        action.send(user, "liked", band, datetime=when)
    (group,) = target_stream(band).grouped("verb", "target").page()
    return group


def render(activity, text="{% render_activity activity %}", dirs=(), **context):
    engine = Engine(
        dirs=list(dirs),
        app_dirs=True,
        libraries={
            "i18n": "django.templatetags.i18n",
            "stream_tags": "stream.templatetags.stream_tags",
        },
        builtins=["stream.templatetags.stream_tags"],
    )
    template = engine.from_string(text)
    return template.render(Context({"activity": activity, **context}))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["ann"], "ann"),
        (["ann", "bob"], "ann and bob"),
        (["ann", "bob", "cleo"], "ann, bob and cleo"),
        (["ann", "bob", "cleo", "dan"], "ann, bob and 2 others"),
        (["ann", "bob", "cleo", "dan", "eve", "fay"], "ann, bob and 4 others"),
    ],
)
def test_a_group_in_words(band, names, said):
    html = render(like(band, *names))
    link = f'<a href="/bands/{band.pk}/">&lt;b&gt;Cream&lt;/b&gt;</a>'
    assert f'<p class="stream-line">{said} liked {link}</p>' in html
    assert ">5 minutes ago</time></span>" in html
    assert "stream-count" not in html


def test_a_group_says_how_many_actions_there_are_where_they_are_more(band):
    assert "2 actions" in render(like(band, "ann", "ann"))


@pytest.mark.parametrize(
    ("actors", "count", "said"),
    [
        (0, 0, "someone"),
        (0, 2, "someone"),
        (1, 2, "ann and 1 other"),
        (1, 4, "ann and 3 others"),
        (2, 3, "ann, bob and 1 other"),
    ],
)
def test_actors_who_are_not_at_hand_are_counted(band, actors, count, said):
    actions = like(band, "ann", "bob").actions
    users = [each.actor for each in actions][:actors]
    group = Group(actions, actors=users, actor_count=count, action_count=9, common=["verb"])
    assert str(group) == f"{said} liked"


@pytest.mark.parametrize(
    ("names", "actors", "actions", "said"),
    [
        (["ann", "bob"], 202, 500, "ann, bob and 200+ others liked"),
        (["ann"], 2, 500, "ann and 1+ others liked"),
        (["ann", "bob"], 2, 500, "ann and bob liked"),
        (["ann"], 1, 500, "ann liked"),
    ],
)
def test_a_group_that_is_not_counted_to_its_end_says_at_least(band, names, actors, actions, said):
    liked = like(band, *names)
    group = Group(
        liked.actions,
        actor_count=actors,
        action_count=actions,
        common=["verb"],
        is_exact=False,
    )
    assert str(group) == said
    assert repr(group) == f"<Group of 500+: {said}>"
    assert ">500+ actions</summary>" in render(group)
    assert group.actor is None
    assert group.target is None  # the others may have another


def test_an_actor_by_whom_actions_are_grouped_is_known_to_act_alone(band):
    actions = like(band, "ann").actions
    group = Group(actions, action_count=1, common=["verb", "actor"], is_exact=False)
    assert group.actor.username == "ann"


def test_a_group_without_a_common_verb(band):
    like(band, "ann", "bob")
    action.send(User.objects.get(username="ann"), "read", band)
    (group,) = target_stream(band).grouped("target").page()
    assert """<p class="stream-line">ann and bob did 3 things with <a""" in render(group)


def test_the_templates_of_a_group(band, tmp_path):
    folder = tmp_path / "stream" / "aggregated"
    folder.mkdir(parents=True)
    group = like(band, "ann", "bob")
    for name in ("action", "liked", "email_action", "email_liked"):
        text = f"{name}: {{{{ group.actor_count }}}} {{{{ site }}}}"
        (folder / f"{name}.html").write_text(text)
        assert render(group, "{% render_activity activity 'email' %}", [tmp_path], site="x") == (
            f"{name}: 2 x"
        )
    assert render(group, dirs=[tmp_path], site="y") == "liked: 2 y"
    mixed = Group(group.actions, action_count=5)
    assert render(mixed, dirs=[tmp_path]) == "action: 2"


def test_an_action_is_shown_as_render_action_does(band, lennon):
    sent = action.send(lennon, "liked", band)
    assert render(sent) == render(sent, "{% render_action activity %}")
    assert "lennon liked <a" in render(sent)


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_shown_as_nothing(nothing):
    assert render(nothing) == ""
    assert render(nothing, "{{ activity|group_sentence }}") == ""


def test_a_page_of_groups_is_shown_without_queries(band, django_assert_num_queries):
    group = like(band, "ann", "bob", "cleo", "dan")
    with django_assert_num_queries(0):
        assert render(group)


def test_a_prefix_is_no_path(band):
    with pytest.raises(TemplateSyntaxError, match="render_activity: '../x' is no prefix"):
        render(like(band, "ann"), "{% render_activity activity '../x' %}")


def test_plural_forms_are_those_of_the_language(band):
    group = like(band, "ann", "bob", "cleo", "dan", "eve")
    with translation.override(None):
        assert "ann, bob and 3 others liked" in render(group)


# What is gone

POLICY = "{% render_activity activity missing_data_policy=policy %}"


@pytest.fixture
def without_target(band):
    """A group and an action whose target is not in the queryset that loads it."""
    like(band, "ann", "bob")
    rows = target_stream(band).with_objects(Band.objects.none())
    return rows.grouped().page()[0], rows[0]


@pytest.fixture
def without_actor(band):
    like(band, "ann", "bob")
    rows = target_stream(band).with_objects(User.objects.none())
    return rows.grouped().page()[0], rows[0]


def test_what_lost_its_target_is_left_out(without_target):
    for each in without_target:
        assert render(each) == ""
        assert render(each, POLICY, policy="ignore") == ""


def test_a_placeholder_stands_for_what_is_gone(without_target, without_actor):
    for each in without_target:
        html = render(each, POLICY, policy="placeholder")
        assert "Cream" not in html
        assert " liked</p>" in html
    for each in without_actor:
        assert "someone liked <a" in render(each, POLICY, policy="placeholder")
        assert render(each) == ""


def test_a_missing_object_may_be_an_error(without_target, without_actor):
    for each in without_target:
        with pytest.raises(MissingData, match=r"the target of action \d+ is gone; write missing"):
            render(each, POLICY, policy="raise")
    for each in without_actor:
        with pytest.raises(MissingData, match=r"the actor of action \d+ is gone"):
            render(each, POLICY, policy="raise")


def test_the_setting_says_what_is_done_by_default(without_target):
    for each in without_target:
        with override_settings(STREAM_MISSING_DATA_POLICY="raise"), pytest.raises(MissingData):
            render(each)
        with override_settings(STREAM_MISSING_DATA_POLICY="placeholder"):
            assert "liked" in render(each)


def test_a_wrong_policy_is_refused(without_target):
    with pytest.raises(TemplateSyntaxError, match="'hide' is no policy .* 'ignore', 'placeholder'"):
        render(without_target[0], POLICY, policy="hide")


def test_one_of_several_actors_may_be_gone(band):
    like(band, "ann", "bob", "cleo")
    rows = target_stream(band).with_objects(User.objects.exclude(username="ann"))
    assert '<p class="stream-line">bob, cleo and 1 other liked' in render(rows.grouped().page()[0])


def test_an_action_without_a_target_misses_nothing(lennon):
    assert "lennon slept" in render(action.send(lennon, "slept"))
    assert "lennon slept" in render(Action.objects.grouped().page()[0])
