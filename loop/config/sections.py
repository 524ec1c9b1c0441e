"""The keys of weakspot.yaml, one frozen class per section; a key that is missing takes the default written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from loop import registry
from loop.config import checks as valid
from loop.records import Form, LabelSet


def _menu(*kinds: str) -> Any:
    """The extra of JSON Schema that `json_schema` turns into the names of the menu."""
    return Field(json_schema_extra={"x-menu": list(kinds)})


Text = Annotated[str, AfterValidator(valid.trimmed)]
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
    tuning: Annotated[str, valid.from_menu("tuning", "writing_tuning"), _menu("tuning", "writing_tuning")] = Field(
        default="lora",
        description="The tuning method: lora, full or head for classification, the others for generation.",
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

    strategy: Annotated[str, valid.from_menu("strategy"), _menu("strategy")] = Field(
        default="weak_spots", description="How picks are chosen once there is a model."
    )
    batch: Annotated[int, Field(strict=True, ge=1, le=100_000)] = Field(default=100, description="Picks per round.")
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
    signal: Annotated[str, valid.from_menu("signal"), _menu("signal")] = Field(
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
    pair_strategy: Annotated[str, valid.from_menu("pair_strategy"), _menu("pair_strategy")] = Field(
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
        default=None, description="An OpenAI-compatible address; null: no judge."
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


class Labeler(Section):
    """The labeling tool that people answer in."""

    kind: Annotated[str, valid.from_menu("labeler"), _menu("labeler")] = Field(
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

    kind: Annotated[str, valid.from_menu("experts"), _menu("experts")] = Field(
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


class Evaluation(Section):
    """How the error rate is estimated from audit answers."""

    estimator: Annotated[str, valid.from_menu("estimator"), _menu("estimator")] = Field(
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
    """Labels kept out of training, for early stopping, calibration and weak spots."""

    share: Annotated[float, Field(strict=True, ge=0, le=0.5, allow_inf_nan=False)] = Field(
        default=0.15, description="Share of each batch, drawn at random, and of the seed."
    )


Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Stop = Literal["target", "gain", "stability", "budget"]


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


class Config(Section):
    """All of weakspot.yaml."""

    project: Project
    task: Annotated[str, valid.from_menu("task"), _menu("task")] = Field(
        default="classification", description="What is decided about each text."
    )
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = Field(
        default=0, description="Same seed and same inputs, same picks."
    )
    data: Data
    labels: Annotated[Mapping[str, str], BeforeValidator(valid.labels)] = Field(
        default_factory=dict,
        description="Names, or name: description; the order is the model's. None for generation.",
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
        described = {name: text for name, text in self.labels.items() if text}
        return LabelSet(names=tuple(self.labels), descriptions=described)
