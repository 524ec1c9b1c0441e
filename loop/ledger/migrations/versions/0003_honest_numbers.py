"""Honest numbers: estimates, regression set, leaks, lives of spots, found slices, forecasts, bundles"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROUND = ("round", "rounds.round")
SPOT = ("spot", "spots.id")


def upgrade() -> None:
    op.add_column("decisions", sa.Column("told", sa.String(length=16), server_default="", nullable=False))
    op.add_column("decisions", sa.Column("vetoes", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("decisions", sa.Column("slices", sa.JSON(), server_default="[]", nullable=False))
    op.create_table(
        "estimates",
        sa.Column("at_round", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("on", sa.String(length=16), nullable=False),
        sa.Column("estimator", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("effective_n", sa.Float(), nullable=False),
        sa.Column("headline", sa.Boolean(), nullable=False),
        sa.Column("gold_version", sa.String(length=64), nullable=False),
        _foreign("estimates", "at_round", "rounds.round"),
        _foreign("estimates", *ROUND),
        sa.PrimaryKeyConstraint("at_round", "round", "on", "estimator", name=op.f("pk_estimates")),
    )
    op.create_table(
        "regression",
        sa.Column("example_id", sa.String(length=16), nullable=False),
        sa.Column("fixed_in", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("example_id", name=op.f("pk_regression")),
    )
    op.create_table(
        "leaks",
        sa.Column("example_id", sa.String(length=16), nullable=False),
        sa.Column("twin_id", sa.String(length=16), nullable=False),
        sa.Column("ground", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("example_id", name=op.f("pk_leaks")),
    )
    op.create_table(
        "spot_lives",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("spot", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Float(), nullable=True),
        sa.Column("opened_at", sa.Float(), nullable=True),
        sa.Column("alert", sa.Boolean(), nullable=False),
        _foreign("spot_lives", *ROUND),
        _foreign("spot_lives", *SPOT),
        sa.PrimaryKeyConstraint("round", "spot", name=op.f("pk_spot_lives")),
    )
    op.create_table(
        "spot_edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("spot", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        _foreign("spot_edits", *SPOT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_edits")),
    )
    op.create_table(
        "found_slices",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("rest", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        _foreign("found_slices", *ROUND),
        sa.PrimaryKeyConstraint("round", "name", name=op.f("pk_found_slices")),
    )
    op.create_table(
        "forecasts",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("error", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("rounds_to_target", sa.JSON(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        _foreign("forecasts", *ROUND),
        sa.PrimaryKeyConstraint("round", name=op.f("pk_forecasts")),
    )
    op.create_table(
        "bundles",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        _foreign("bundles", *ROUND),
        sa.PrimaryKeyConstraint("round", name=op.f("pk_bundles")),
    )


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=op.f(name))
