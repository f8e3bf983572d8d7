"""What was not understood"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('misses',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('said', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('likely', sa.Text(), nullable=False),
    sa.Column('times', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_misses')),
    sa.UniqueConstraint('said', 'language', name=op.f('uq_misses_said_language')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_misses_last_on'), 'misses', ['last_on'], unique=False)


def downgrade() -> None:
    op.drop_table('misses')
