from django.contrib import admin

from test_project.dashboard.models import Comment, Commit, Repository, Star, Tag


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


@admin.register(Star)
class StarAdmin(admin.ModelAdmin):
    list_display = ["user", "repository", "created_at"]
    list_select_related = ["user", "repository"]
    raw_id_fields = ["user"]


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["__str__", "author", "commit", "created_at"]
    list_select_related = ["author", "commit"]
    search_fields = ["text"]
    raw_id_fields = ["author", "commit"]
