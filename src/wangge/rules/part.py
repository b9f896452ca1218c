"""What every part of the policy is: a model that knows no other names than its own."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the policy: unknown names are mistakes, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
