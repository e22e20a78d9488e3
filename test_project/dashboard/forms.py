from django import forms

from test_project.dashboard.models import Comment


class CommentForm(forms.ModelForm):
    class Meta:
        model = Comment
        fields = ["text"]
        labels = {"text": "Say something about this commit"}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
