"""Which history of the labeling project a task and an answer were last seen in"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("tasks", "annotations"):
        op.add_column(table, sa.Column("seen_in", sa.String(length=32), nullable=True))
