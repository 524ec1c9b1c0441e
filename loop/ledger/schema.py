"""The ledger's tables: what people and models decided about examples; never the pool itself.

    meta            one value per key: project key, labeling project, collection watermark
    rounds          one row a round, with the config it froze
    steps           one row a step of a round: running or done, inputs, outcome, time, memory
    models          one row a tuned model
    decisions       every promotion, hold and rollback, with who and why
    measurements    every figure with n and interval
    spots           one row a weak spot: identity and name
    spot_rounds     how each spot stood in each round
    picks           what was asked, why, with which probability
    tasks           where each pick lies in the labeling tool
    annotations     each answer as it stands now
    labels          what the training set believes, with provenance
    preferences     which of two answers is believed to be better, with provenance
    estimates       the error rate of every round's model, measured anew whenever answers came
    regression      examples once fixed, which must stay fixed
    leaks           labels kept out of training because a twin of the example measures the model
    spot_lives      where each weak spot stood in its life
    spot_edits      what people did to spots: renamed, merged, muted
    found_slices    metadata slices where the model errs more than elsewhere
    forecasts       what the planner expected
    bundles         the hash of each round's bundle
    events          what happened, for people to read
    heartbeats      signs of life of a running process

A change here needs a migration in loop/ledger/migrations/versions; a test compares the two.
"""

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

FIXED = {"fixed": True}
"""Info of a column that says what a row is about: once written it never changes for its key (see writing.upsert)."""


def is_fixed(column: Column[Any]) -> bool:
    """Whether the column says what a row is about."""
    return bool(column.info.get("fixed"))


meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

rounds = Table(
    "rounds",
    metadata,
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("config", JSON, nullable=False),
    Column("config_digest", String(64), nullable=False),
    Column("code_version", String(32), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
)

steps = Table(
    "steps",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("step", String(16), primary_key=True),
    Column("state", String(16), nullable=False),  # running | done
    Column("outcome", JSON),
    Column("inputs", String(64)),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("seconds", Float),
    Column("peak_mb", Float),
)

models = Table(
    "models",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("artifact", String(255), nullable=False),
    Column("base", String(255), nullable=False),
    Column("tuning", String(32), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("train_n", Integer, nullable=False),
    Column("dev_n", Integer, nullable=False),
    Column("labels_digest", String(64), nullable=False),
    Column("temperature", Float, nullable=False),
    Column("training", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("model_round", Integer, nullable=False),
    Column("champion_round", Integer),
    Column("action", String(16), nullable=False),  # promote | hold | promote_by_hand | rollback
    Column("by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("comparison", JSON),
    Column("at", String(32), nullable=False),
    Column("told", String(16), nullable=False, server_default=""),  # better | worse | cannot tell
    Column("vetoes", JSON, nullable=False, server_default="[]"),
    Column("slices", JSON, nullable=False, server_default="[]"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("on", String(16), primary_key=True),
    Column("metric", String(32), primary_key=True),
    Column("slice", String(255), primary_key=True),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
    Column("n", Integer, nullable=False),
    Column("estimator", String(32), nullable=False),
)

spots = Table(
    "spots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(80), nullable=False),
    Column("terms", JSON, nullable=False),
    Column("named_by", String(64), nullable=False),
)

spot_rounds = Table(
    "spot_rounds",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("spot", Integer, ForeignKey("spots.id"), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("pool", Integer, nullable=False),
    Column("dev_n", Integer, nullable=False),
    Column("dev_errors", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("corrections", Integer, nullable=False),
    Column("expected_error", Float),
    Column("estimate", Float),
    Column("low", Float),
    Column("high", Float),
    Column("error_mass", Float),
    Column("confused", JSON),
)

picks = Table(
    "picks",
    metadata,
    Column("ext_id", String(64), primary_key=True),
    Column("round", Integer, ForeignKey("rounds.round"), nullable=False, info=FIXED),
    Column("position", Integer, nullable=False),
    Column("example_id", String(16), nullable=False, info=FIXED),
    Column("kind", String(16), nullable=False),
    Column("strategy", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("inclusion_probability", Float),
    Column("score", Float),
    Column("spot", Integer),
    Column("guess", String(255)),
    Column("confidence", Float),
    Column("show_suggestion", Boolean, nullable=False),
    Column("form", String(16), nullable=False, server_default="label"),
    Column("candidates", JSON, nullable=False, server_default="[]"),
    Column("repeat_of", String(64)),
    Index(None, "round", "position"),
    Index(None, "example_id"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("ext_id", String(64), ForeignKey("picks.ext_id"), primary_key=True),
    Column("project_id", String(64), nullable=False),
    Column("task_id", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", String(16), nullable=False),  # sent | deleted
    Column("sent_at", String(32), nullable=False),
    Column("seen_in", String(32)),  # history of the labeling project it was last seen in; NULL: an older ledger
)

annotations = Table(
    "annotations",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("ext_id", String(64), ForeignKey("picks.ext_id"), nullable=False, index=True, info=FIXED),
    Column("annotator", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("label", Text),
    Column("flags", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("suggestion", String(255)),
    Column("lead_time_s", Float),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Column("raw", JSON, nullable=False),
    Column("seen_in", String(32)),  # as in tasks; NULL also for answers that no labeling tool holds
)

labels = Table(
    "labels",
    metadata,
    Column("example_id", String(16), primary_key=True),
    Column("label", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("round", Integer),
    Column("annotations", Integer, nullable=False),
    Column("agreement", Float),
)

preferences = Table(
    "preferences",
    metadata,
    Column("id", String(96), primary_key=True),
    Column("example_id", String(16), nullable=False, index=True, info=FIXED),
    Column("chosen", Text, nullable=False),
    Column("rejected", Text, nullable=False),
    Column("certainty", Float, nullable=False),
    Column("role", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("round", Integer, nullable=False),
    Column("annotations", Integer, nullable=False),
)

estimates = Table(
    "estimates",
    metadata,
    Column("at_round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("on", String(16), primary_key=True),
    Column("estimator", String(32), primary_key=True),
    Column("value", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("n", Integer, nullable=False),
    Column("effective_n", Float, nullable=False),
    Column("headline", Boolean, nullable=False),
    Column("gold_version", String(64), nullable=False),
)

regression = Table(
    "regression",
    metadata,
    Column("example_id", String(16), primary_key=True),
    Column("fixed_in", Integer, nullable=False),
)

leaks = Table(
    "leaks",
    metadata,
    Column("example_id", String(16), primary_key=True),
    Column("twin_id", String(16), nullable=False),
    Column("ground", String(16), nullable=False),
    Column("grade", String(16), nullable=False),
    Column("similarity", Float, nullable=False),
    Column("round", Integer),
)

spot_lives = Table(
    "spot_lives",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("spot", Integer, ForeignKey("spots.id"), primary_key=True),
    Column("state", String(16), nullable=False),  # quiet | open | sent | improving | fixed | reopened
    Column("since", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("labels", Integer, nullable=False),
    Column("removed", Float),
    Column("opened_at", Float),
    Column("alert", Boolean, nullable=False),
)

spot_edits = Table(
    "spot_edits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("spot", Integer, ForeignKey("spots.id"), nullable=False),
    Column("action", String(16), nullable=False),  # rename | merge | split | mute | unmute
    Column("value", String(80), nullable=False),  # the new name, or the id of the spot it is part of now
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(32), nullable=False),
)

found_slices = Table(
    "found_slices",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("columns", JSON, nullable=False),
    Column("n", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("rate", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("rest", Float, nullable=False),
    Column("p_value", Float, nullable=False),
)

forecasts = Table(
    "forecasts",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("labels", Integer, nullable=False),
    Column("error", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("hours", Float),
    Column("cost", Float),
    Column("rounds_to_target", JSON),
    Column("details", JSON, nullable=False),
)

bundles = Table(
    "bundles",
    metadata,
    Column("round", Integer, ForeignKey("rounds.round"), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("at", String(32), nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("level", String(16), nullable=False),  # info | warning | error
    Column("round", Integer),
    Column("step", String(16)),
    Column("message", Text, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("worker", String(64), primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("at", String(32), nullable=False),
    Column("round", Integer),
    Column("step", String(16)),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("note", Text, nullable=False),
)
