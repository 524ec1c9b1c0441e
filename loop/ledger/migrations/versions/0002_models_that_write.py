"""Models that write: picks show answers, labels are texts, preferences have a table"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("picks", sa.Column("form", sa.String(length=16), server_default="label", nullable=False))
    op.add_column("picks", sa.Column("candidates", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("picks", sa.Column("repeat_of", sa.String(length=64), nullable=True))
    with op.batch_alter_table("labels") as labels:
        labels.alter_column("label", existing_type=sa.String(length=255), type_=sa.Text(), existing_nullable=False)
    op.create_table(
        "preferences",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("example_id", sa.String(length=16), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("rejected", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Float(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("annotations", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preferences")),
    )
    with op.batch_alter_table("preferences") as preferences:
        preferences.create_index(op.f("ix_preferences_example_id"), ["example_id"], unique=False)
