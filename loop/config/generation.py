"""The sections for a model that writes: how it answers, what people are asked about the answers, and who judges too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from loop.config import checks as valid
from loop.config.section import Probability, Section, Share, Text, menu


class Generation(Section):
    """How the model writes, and what is looked at; for the task generation."""

    max_new_tokens: Annotated[int, Field(strict=True, ge=1, le=32_768)] = Field(
        default=256, description="An answer is cut off after so many tokens."
    )
    temperature: Annotated[float, Field(strict=True, gt=0, le=5, allow_inf_nan=False)] = Field(
        default=0.8, description="Of the answers that are drawn to see how sure the model is, and to be compared."
    )
    samples: Annotated[int, Field(strict=True, ge=0, le=64)] = Field(
        default=5, description="How many answers are drawn for each prompt, besides the most probable one."
    )
    prompts: Annotated[int, Field(strict=True, ge=1)] = Field(
        default=500, description="So many prompts of the pool at most are answered in a round, drawn at random."
    )
    signal: Annotated[str, valid.from_menu("signal"), menu("signal")] = Field(
        default="mean_entropy", description="How the doubt about an answer is read."
    )
    checks: Annotated[Mapping[str, str], AfterValidator(valid.text_checks)] = Field(
        default_factory=dict,
        description="Name: a regular expression the answer must match ({column} stands for its value), "
        "or FILE.py:function.",
    )
    reward_models: Annotated[int, Field(strict=True, ge=0, le=9)] = Field(
        default=0, description="How many reward models are trained on the preferences beside the model; 0: none."
    )
    nli: Text | None = Field(
        default=None, description="A local model of entailment, for meanings and unsupported sentences; null: none."
    )
    endpoint: Annotated[str, AfterValidator(valid.web_address)] | None = Field(
        default=None,
        description="An OpenAI-compatible address that serves your model; null: it runs in this process. "
        "weakspot asks and measures it, but does not tune it.",
    )
    endpoint_model: Text | None = Field(default=None, description="The model's name at the endpoint.")
    token_env: Annotated[str, AfterValidator(valid.environment_name)] = Field(
        default="OPENAI_API_KEY", description="The environment variable that holds the endpoint's key."
    )


class Questions(Section):
    """What people are asked about answers; for the task generation."""

    form: Literal["pair", "ranking", "rating", "correction"] = Field(
        default="pair",
        description="pair: which of two; ranking: the order of several; rating: marks; correction: mend it.",
    )
    candidates: Annotated[int, Field(strict=True, ge=2, le=9)] = Field(
        default=3, description="How many answers a ranking shows."
    )
    pair_strategy: Annotated[str, valid.from_menu("pair_strategy"), menu("pair_strategy")] = Field(
        default="random", description="How the answers to compare are picked."
    )
    swapped: Share = Field(default=0.1, description="Share of the pairs asked twice, in swapped order.")
    criteria: Annotated[Mapping[str, str], BeforeValidator(valid.criteria)] = Field(
        default_factory=dict, description="For rating: name: what it means."
    )
    guidance: str = Field(default="", description="What a good answer is; shown to people and told to the judge.")


class Judge(Section):
    """A model that answers some of the questions: one more annotator, with errors of its own; for generation."""

    url: Annotated[str, AfterValidator(valid.web_address)] | None = Field(
        default=None,
        description="An OpenAI-compatible address; null: no judge. `weakspot labels suggest` asks it for phrases of "
        "labels, in classification too.",
    )
    model: Text | None = Field(default=None, description="The judge's name at that address.")
    token_env: Annotated[str, AfterValidator(valid.environment_name)] = Field(
        default="OPENAI_API_KEY", description="The environment variable that holds its key."
    )
    share: Probability = Field(default=0.5, description="Share of the questions it is asked.")
    certainty: Annotated[float, Field(strict=True, ge=0.5, le=1, allow_inf_nan=False)] = Field(
        default=0.9, description="A question goes to people as well when the judge is less sure than this."
    )
    overlap: Probability = Field(
        default=0.2, description="Share of its questions that people answer too, to see how far it can be trusted."
    )
    max_new_tokens: Annotated[int, Field(strict=True, ge=1, le=32_768)] | None = Field(
        default=None,
        description="Its answer is cut off after so many tokens, more for one that thinks aloud; null: by form.",
    )
    price_per_million: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = Field(
        default=0.0, description="What a million tokens cost, in your currency; the report adds it up."
    )
