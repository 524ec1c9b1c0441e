"""The keys of weakspot.yaml, one frozen class per section; a key that is missing takes the default written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from loop import registry
from loop.config import checks
from loop.records import LabelSet


def _menu(kind: str) -> Any:
    """The extra of JSON Schema that `json_schema` turns into the names of the menu."""
    return Field(json_schema_extra={"x-menu": kind})


Text = Annotated[str, AfterValidator(checks.trimmed)]
Share = Annotated[float, Field(strict=True, ge=0, le=0.9, allow_inf_nan=False)]
Probability = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class Section(BaseModel):
    """What all sections have in common: unknown keys are mistakes, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Project(Section):
    """What this project is called."""

    name: Text = Field(description="A short name; it stands in the labeling tool and in every report.")
    title: Text | None = Field(default=None, description="A longer title for people; the name when null.")


class Data(Section):
    """Where the messages lie. Paths are relative to this file."""

    file: Text = Field(description="CSV, TSV, JSON Lines, JSON or Parquet file, or hf://OWNER/NAME.")
    text: Text = Field(description="The column that holds the text.")
    label: Text | None = Field(default=None, description="The column that holds a label; null: no labels yet.")
    id: Text | None = Field(default=None, description="The column with your own ids; null: made from the text.")
    metadata: tuple[Text, ...] = Field(default=(), description="Columns shown to experts and used as slices.")
    gold: Text | None = Field(default=None, description="A labelled test file with the same columns; null: none.")


class Storage(Section):
    """Where the loop keeps what it knows."""

    ledger: Annotated[str, AfterValidator(checks.database)] = Field(
        default="sqlite:///.weakspot/ledger.db",
        description="sqlite:///FILE, postgresql://USER@HOST/NAME, or env:NAME of a variable that holds the address.",
    )
    artifacts: Text = Field(
        default=".weakspot/artifacts", description="A folder; mount a remote store and give its path."
    )


class Model(Section):
    """What is tuned, and how."""

    base: Text = Field(default="minilm", description='A Hub name, a local folder, or "minilm", which is packaged.')
    revision: Text | None = Field(default=None, description="Commit or tag of a Hub model; null: the newest.")
    tuning: Annotated[str, checks.from_menu("tuning"), _menu("tuning")] = Field(
        default="lora", description="The tuning method."
    )
    options: Mapping[str, Any] = Field(default_factory=dict, description="Settings of the tuning method.")
    embedder: Text | None = Field(default=None, description="The frozen encoder that maps the pool; null: as base.")

    @field_validator("options", mode="before")
    @classmethod
    def _options_fit(cls, options: Any) -> Any:
        if options and isinstance(options, Mapping):
            return checks.fitted(options, registry.settings("tuning"))
        return {} if options is None else options


class Selection(Section):
    """What is asked in a round."""

    strategy: Annotated[str, checks.from_menu("strategy"), _menu("strategy")] = Field(
        default="weak_spots", description="How picks are chosen once there is a model."
    )
    batch: Annotated[int, Field(strict=True, ge=1, le=100_000)] = Field(default=100, description="Picks per round.")
    audit: Share = Field(default=0.1, description="Share of the batch drawn at random, for the unbiased error rate.")
    blind: Share = Field(default=0.1, description="Share of the batch asked without the model's guess.")


class Labeler(Section):
    """The labeling tool that people answer in."""

    kind: Annotated[str, checks.from_menu("labeler"), _menu("labeler")] = Field(
        default="label_studio", description="The labeling tool."
    )
    url: Annotated[str, AfterValidator(checks.web_address)] | None = Field(
        default=None, description="Address of your own server; null: the embedded one."
    )
    token_env: Annotated[str, AfterValidator(checks.environment_name)] = Field(
        default="LABEL_STUDIO_TOKEN", description="The environment variable that holds the token of your own server."
    )
    overlap: Annotated[int, Field(strict=True, ge=1, le=5)] = Field(
        default=1, description="How many people answer each question."
    )
    poll_seconds: Annotated[float, Field(strict=True, ge=0.1, le=3600, allow_inf_nan=False)] = Field(
        default=2.0, description="Seconds between two looks for new answers."
    )


class Experts(Section):
    """Who answers; the numbers are for simulated experts only."""

    kind: Annotated[str, checks.from_menu("experts"), _menu("experts")] = Field(
        default="people", description="Who answers the questions."
    )
    count: Annotated[int, Field(strict=True, ge=1, le=100)] = Field(
        default=3, description="How many simulated experts."
    )
    error_rate: Probability = Field(default=0.05, description="How often a simulated expert errs.")
    seconds_per_answer: Annotated[float, Field(strict=True, ge=0, le=3600, allow_inf_nan=False)] = Field(
        default=0.0, description="How long a simulated expert takes."
    )


class Gate(Section):
    """When a new model is promoted."""

    alpha: Annotated[float, Field(strict=True, gt=0, lt=0.5, allow_inf_nan=False)] = Field(
        default=0.05, description="It is held back when it is worse at this level of significance."
    )


class Dev(Section):
    """Labels kept out of training, for early stopping, calibration and weak spots."""

    share: Annotated[float, Field(strict=True, ge=0, le=0.5, allow_inf_nan=False)] = Field(
        default=0.15, description="Share of each batch, drawn at random, and of the seed."
    )


class Config(Section):
    """All of weakspot.yaml."""

    project: Project
    task: Annotated[str, checks.from_menu("task"), _menu("task")] = Field(
        default="classification", description="What is decided about each text."
    )
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = Field(
        default=0, description="Same seed and same inputs, same picks."
    )
    data: Data
    labels: Annotated[Mapping[str, str], BeforeValidator(checks.labels)] = Field(
        description="Names, or name: description; the order is the model's."
    )
    storage: Storage = Storage()
    model: Model = Model()
    selection: Selection = Selection()
    labeler: Labeler = Labeler()
    experts: Experts = Experts()
    gate: Gate = Gate()
    dev: Dev = Dev()

    @property
    def label_set(self) -> LabelSet:
        """The labels as the rest of the loop knows them."""
        described = {name: text for name, text in self.labels.items() if text}
        return LabelSet(names=tuple(self.labels), descriptions=described)
