"""Admin sites besides the default one: one where actions may be edited, one of many models."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.urls import path

from stream.admin import ActionAdmin
from stream.models import Action
from tests.early.models import Band
from tests.testapp.models import Tag


class EditableActionAdmin(ActionAdmin):
    has_add_permission = admin.ModelAdmin.has_add_permission
    has_change_permission = admin.ModelAdmin.has_change_permission
    list_editable = ["public"]
    autocomplete_fields = ["actor_user"]


class BandAdmin(admin.ModelAdmin):
    search_fields = ["name"]


class SecretTagAdmin(admin.ModelAdmin):
    def has_view_permission(self, request, obj=None):
        return obj is None or obj.name != "secret"

    def has_change_permission(self, request, obj=None):
        return False


class DescribedActionAdmin(ActionAdmin):
    search_fields = ["description"]
    fields = ["verb", "actor_user"]


backstage = admin.AdminSite(name="backstage")
backstage.register(Action, EditableActionAdmin)
backstage.register(User, UserAdmin)
backstage.register(Band, BandAdmin)
backstage.register(Tag, SecretTagAdmin)

plain = admin.AdminSite(name="plain")
plain.register(Action, DescribedActionAdmin)

urlpatterns = [
    path("backstage/", backstage.urls),
    path("plain/", plain.urls),
    path("admin/", admin.site.urls),
]
