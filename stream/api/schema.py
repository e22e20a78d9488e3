"""The OpenAPI schema of the views, made from what they declare and enforce."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

PROBLEM = {"type": "object", "additionalProperties": {}}
PROBLEMS = {
    400: OpenApiResponse(PROBLEM, "Something in the request is unknown or impossible."),
    401: OpenApiResponse(PROBLEM, "Sign in."),
    403: OpenApiResponse(PROBLEM, "Not allowed."),
    404: OpenApiResponse(PROBLEM, "Not found, or not for you to view."),
    406: OpenApiResponse(PROBLEM, "The answer is not to be had in that format."),
    429: OpenApiResponse(PROBLEM, "Too many requests."),
}
NOT_JSON = OpenApiResponse(PROBLEM, "The body is not application/json.")
PATH = {
    "app": "The label of the app, such as auth.",
    "model": "The name of the model in lower case, such as user.",
    "pk": "The key. Characters such as / and _ are written as _2F and _5F.",
}


class StreamSchema(AutoSchema):
    """Describes a view by its ``operation``, ``query``, ``bodies`` and ``statuses``."""

    view: Any

    def is_excluded(self) -> bool:
        return not self.view.is_offered()

    def get_operation_id(self) -> str:
        return f"stream_{self.view.operation}_{self.view.action}"

    def get_tags(self) -> list[str]:
        return ["stream"]

    def get_override_parameters(self) -> list[Any]:
        path: list[Any] = [
            OpenApiParameter(name, str, OpenApiParameter.PATH, description=description)
            for name, description in PATH.items()
            if f"{{{name}}}" in self.path and "{app}" in self.path
        ]
        query = self.view.query.get(self.view.action)
        return [*path, query] if query else path

    def get_request_serializer(self) -> Any:
        return self.view.bodies.get(self.view.action)

    def get_response_serializers(self) -> Any:
        status = self.view.statuses.get(self.view.action, 200)
        serializer: Any = None if status == 204 else self.view.get_serializer_class()
        if self.view.action == "check":
            serializer = serializer(many=True)
        others = {**PROBLEMS, 415: NOT_JSON} if self.view.action in self.view.bodies else PROBLEMS
        return {status: serializer, **others}
