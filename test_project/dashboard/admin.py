from django.contrib import admin

from test_project.dashboard.models import Commit, Repository, Tag


@admin.register(Repository)
class RepositoryAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "source"]
    search_fields = ["name"]


@admin.register(Commit)
class CommitAdmin(admin.ModelAdmin):
    list_display = ["__str__", "repository", "author", "summary", "committed_at"]
    list_filter = ["repository"]
    list_select_related = ["repository", "author"]
    search_fields = ["sha", "summary"]
    raw_id_fields = ["author"]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name", "repository", "tagger", "tagged_at"]
    list_filter = ["repository"]
    list_select_related = ["repository", "tagger"]
    raw_id_fields = ["tagger"]
