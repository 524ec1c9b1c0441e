"""The sections on judging the model: how it is measured, when a new one is promoted, and when it is enough."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loop.config import checks as valid
from loop.config.section import Amount, Probability, Section, Text, menu

Stop = Literal["target", "gain", "stability", "budget"]


class Evaluation(Section):
    """How the error rate is estimated from audit answers."""

    estimator: Annotated[str, valid.from_menu("estimator"), menu("estimator")] = Field(
        default="stratified", description="How the error rate of the whole pool is estimated from audit answers."
    )


class Gate(Section):
    """When a new model is promoted."""

    policy: Literal["not_worse", "better"] = Field(
        default="not_worse",
        description="not_worse: promoted unless worse by more than the margin; better: only when proven better.",
    )
    alpha: Annotated[float, Field(strict=True, gt=0, lt=0.5, allow_inf_nan=False)] = Field(
        default=0.05, description="The chance of calling any model of the project better when none is."
    )
    margin: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] = Field(
        default=0.01, description="The error rate may be higher by so much than the champion's, overall."
    )
    slice_margin: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] = Field(
        default=0.05, description="The same for a class, a slice, a fixed spot, the regression set."
    )
    slice_n: Annotated[int, Field(strict=True, ge=1)] = Field(
        default=20, description="Slices with fewer measured examples decide nothing."
    )
    forgetting: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] = Field(
        default=0.05, description="It is held back when it loses more than this on the retention set."
    )


class Dev(Section):
    """Labels held out of training for early stopping, calibration and weak spots."""

    share: Annotated[float, Field(strict=True, ge=0, le=0.5, allow_inf_nan=False)] = Field(
        default=0.15, description="Share of each batch, drawn at random, and of the seed."
    )
    refit: bool = Field(
        default=True,
        description="Train each model once more on these as well, after it was measured and calibrated without them.",
    )


class Plan(Section):
    """What it may cost, and when it is enough."""

    target_error: Probability | None = Field(default=None, description="The error rate you want; null: none.")
    price_per_hour: Amount | None = Field(default=None, description="What an hour of an expert costs; null: not told.")
    currency: Text = Field(default="EUR", description="The currency of price and budget.")
    budget: Amount | None = Field(default=None, description="Expert time may cost so much in all; null: no limit.")
    budget_hours: Amount | None = Field(default=None, description="Expert time in all, in hours; null: no limit.")
    least_gain: Probability = Field(
        default=0.002, description="Rule gain: fewer points of error rate per 100 answers are not worth asking for."
    )
    stop: tuple[Stop, ...] = Field(
        default=(), description="`run` ends by these rules: target, gain, stability, budget; none: it only tells."
    )
