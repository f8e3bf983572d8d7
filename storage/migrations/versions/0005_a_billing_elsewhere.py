"""A billing elsewhere"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('billing_keys',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_index('billing_keys_at', 'billing_keys', ['at'], unique=False)


def downgrade() -> None:
    op.drop_index('billing_keys_at', table_name='billing_keys')
    op.drop_table('billing_keys')
