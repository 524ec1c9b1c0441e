"""The keys of weakspot.yaml, one frozen class per section; a key that is missing takes the default written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from loop import registry
from loop.config import checks as valid
from loop.config import labels as label_entries
from loop.config.evaluation import Dev, Evaluation, Gate, Plan
from loop.config.generation import Generation, Judge, Questions
from loop.config.section import Probability, Section, Share, Text, menu
from loop.records import Form, LabelSet


class Project(Section):
    """What this project is called."""

    name: Text = Field(description="A short name; it stands in the labeling tool and in every report.")
    title: Text | None = Field(default=None, description="A longer title for people; the name when null.")


class Data(Section):
    """Where the messages lie. Paths are relative to this file."""

    file: Text = Field(description="CSV, TSV, JSON Lines, JSON or Parquet file, or hf://OWNER/NAME.")
    text: Text = Field(description="The column that holds the text.")
    label: Text | None = Field(
        default=None, description="The column that holds a label, or for generation a reference answer; null: none."
    )
    id: Text | None = Field(default=None, description="The column with your own ids; null: made from the text.")
    metadata: tuple[Text, ...] = Field(default=(), description="Columns shown to experts and used as slices.")
    gold: Text | None = Field(default=None, description="A labelled test file with the same columns; null: none.")
    context: Text | None = Field(
        default=None, description="The column an answer must agree with (source, facts); null: none. For generation."
    )
    retention: Text | None = Field(
        default=None,
        description="What must not be forgotten: prompts with references, or labelled texts, that a first model does "
        "well.",
    )


class Storage(Section):
    """Where the loop keeps what it knows."""

    ledger: Annotated[str, AfterValidator(valid.database)] = Field(
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
    tuning: Annotated[str, valid.from_menu("tuning", "writing_tuning"), menu("tuning", "writing_tuning")] = Field(
        default="auto",
        description="The tuning method. For classification auto, lora, full or head; auto takes lora, but head with "
        "fewer than 25 labels or where held-out labels are against lora. The others are for generation.",
    )
    options: Mapping[str, Any] = Field(default_factory=dict, description="Settings of the tuning method.")
    embedder: Text | None = Field(default=None, description="The frozen encoder that maps the pool; null: as base.")
    final_every: Annotated[int, Field(strict=True, ge=1)] = Field(
        default=1,
        description="Only each so-many-th model is made by the tuning method above, the others by the cheap head; "
        "1: every one. For classification.",
    )

    @field_validator("options", mode="before")
    @classmethod
    def _no_options(cls, options: Any) -> Any:
        return {} if options is None else options

    @field_validator("options", mode="after")
    @classmethod
    def _options_fit(cls, options: Mapping[str, Any], about: ValidationInfo) -> Mapping[str, Any]:
        tuning = about.data.get("tuning")
        return valid.fitted(options, registry.settings(tuning)) if options and tuning else options


class Selection(Section):
    """What is asked in a round."""

    strategy: Annotated[str, valid.from_menu("strategy"), menu("strategy")] = Field(
        default="weak_spots", description="How picks are chosen once there is a model."
    )
    batch: Annotated[int, Field(strict=True, ge=1, le=100_000)] = Field(default=100, description="Picks per round.")
    portion: Annotated[int, Field(strict=True, ge=5, le=100_000)] | None = Field(
        default=25,
        description="So many picks of a batch are chosen at a time: the next ones once these are nearly answered, by a "
        "head of all answers so far; null: all at once. For classification.",
    )
    audit: Share | None = Field(
        default=None,
        description="Share of the batch drawn at random, for the unbiased error rate; null: 0.1, or none where a gold "
        "test of 500 examples or more was given.",
    )
    blind: Share = Field(default=0.1, description="Share of the batch asked without the model's guess.")
    fallback: bool = Field(
        default=True,
        strict=True,
        description="Ask a random sample of every region instead while the lift meter proves that picking does not "
        "pay. For classification.",
    )


class Labeler(Section):
    """The labeling tool that people answer in."""

    kind: Annotated[str, valid.from_menu("labeler"), menu("labeler")] = Field(
        default="label_studio", description="The labeling tool."
    )
    url: Annotated[str, AfterValidator(valid.web_address)] | None = Field(
        default=None, description="Address of your own server; null: the embedded one."
    )
    token_env: Annotated[str, AfterValidator(valid.environment_name)] = Field(
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

    kind: Annotated[str, valid.from_menu("experts"), menu("experts")] = Field(
        default="people", description="Who answers the questions."
    )
    count: Annotated[int, Field(strict=True, ge=1, le=100)] = Field(
        default=3, description="How many simulated experts."
    )
    error_rate: Probability = Field(default=0.05, description="How often a simulated expert errs.")
    seconds_per_answer: Annotated[float, Field(strict=True, ge=0, le=3600, allow_inf_nan=False)] = Field(
        default=0.0, description="How long a simulated expert takes."
    )
    rubric: Text | None = Field(
        default=None, description="What simulated experts judge answers by: FILE.py:function; null: the reference."
    )


class Config(Section):
    """All of weakspot.yaml."""

    project: Project
    task: Annotated[str, valid.from_menu("task"), menu("task")] = Field(
        default="classification", description="What is decided about each text."
    )
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = Field(
        default=0, description="Same seed and same inputs, same picks."
    )
    data: Data
    labels: Annotated[Mapping[str, label_entries.Entry], BeforeValidator(label_entries.labels)] = Field(
        default_factory=dict,
        description="Names, name: description, or name: {description, phrases}; phrases are example messages. "
        "The order is the model's. None for generation.",
    )
    storage: Storage = Storage()
    model: Model = Model()
    selection: Selection = Selection()
    generation: Generation = Generation()
    questions: Questions = Questions()
    judge: Judge = Judge()
    labeler: Labeler = Labeler()
    experts: Experts = Experts()
    evaluation: Evaluation = Evaluation()
    gate: Gate = Gate()
    dev: Dev = Dev()
    plan: Plan = Plan()

    @model_validator(mode="after")
    def _parts_fit(self) -> Config:
        valid.parts_fit(self)
        return self

    @property
    def form(self) -> Form:
        """What people are asked."""
        if self.task == "classification":
            return Form("label", labels=self.label_set)
        shown = {"pair": 2, "ranking": self.questions.candidates}.get(self.questions.form, 1)
        asked = self.questions
        return Form(asked.form, criteria=asked.criteria, candidates=shown, guidance=asked.guidance)

    @property
    def label_set(self) -> LabelSet:
        """The labels as the rest of the loop knows them."""
        return label_entries.label_set(self.labels)
