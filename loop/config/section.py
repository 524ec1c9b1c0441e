"""What all sections of weakspot.yaml share: how strict they are, and the kinds of value that come more than once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from loop.config import checks as valid

Text = Annotated[str, AfterValidator(valid.trimmed)]
Share = Annotated[float, Field(strict=True, ge=0, le=0.9, allow_inf_nan=False)]
Probability = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]


def menu(*kinds: str) -> Any:
    """The extra of JSON Schema that `json_schema` turns into the names of the menu."""
    return Field(json_schema_extra={"x-menu": list(kinds)})


class Section(BaseModel):
    """What all sections have in common: unknown keys are mistakes, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
