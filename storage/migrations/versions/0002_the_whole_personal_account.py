"""The whole personal account"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('challenges',
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('link', sa.BigInteger(), nullable=False),
    sa.Column('code_hash', sa.Text(), nullable=False),
    sa.Column('data', sa.Text(), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_challenges'))
    )
    op.create_index(op.f('ix_challenges_expires_at'), 'challenges', ['expires_at'], unique=False)

    op.create_table('orders',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('lane', sa.Text(), nullable=True),
    sa.Column('link', sa.BigInteger(), nullable=True),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('charge', sa.Text(), nullable=True),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.Column('credited_at', sa.BigInteger(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('next_at', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('charge', name=op.f('uq_orders_charge')),
    sa.UniqueConstraint('token', name=op.f('uq_orders_token')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_orders_lane', 'orders', ['lane'], unique=False)
    op.create_index('ix_orders_owed', 'orders', ['next_at'], unique=False, sqlite_where=sa.text('paid_at IS NOT NULL AND credited_at IS NULL'), postgresql_where=sa.text('paid_at IS NOT NULL AND credited_at IS NULL'))

    op.create_table('ledger_notices',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), server_default='', nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('ledger_bonuses',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('burning', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('burns', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('account')
    )
    op.create_table('ledger_outages',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=True),
    sa.Column('region', sa.Text(), server_default='', nullable=False),
    sa.Column('kinds', sa.Text(), server_default='', nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), server_default='', nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=True),
    sa.Column('planned', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_outages_account', 'ledger_outages', ['account'], unique=False)

    op.create_table('ledger_promises',
    sa.Column('offer', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('taken_at', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('offer')
    )
    op.create_index('ledger_promises_account', 'ledger_promises', ['account', 'taken_at'], unique=False)

    op.create_table('ledger_reaches',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('way', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('place', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('account', 'way', 'address')
    )
    op.create_table('ledger_calls',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('seconds', sa.BigInteger(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('cost', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('incoming', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.ForeignKeyConstraint(['service'], ['ledger_services.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_calls_service', 'ledger_calls', ['service', 'at', 'id'], unique=False)

    op.create_table('ledger_carriers',
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('own', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['service'], ['ledger_services.id'], ),
    sa.PrimaryKeyConstraint('service', 'direction', 'title')
    )
    op.create_table('ledger_components',
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('direction', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['service'], ['ledger_services.id'], ),
    sa.PrimaryKeyConstraint('service', 'direction')
    )
    op.create_table('ledger_deliveries',
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['service'], ['ledger_services.id'], ),
    sa.PrimaryKeyConstraint('service')
    )
    op.create_table('ledger_options',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['service'], ['ledger_services.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_options_service', 'ledger_options', ['service'], unique=False)

    op.create_table('ledger_usages',
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('use', sa.Text(), nullable=False),
    sa.Column('direction', sa.Text(), server_default='', nullable=False),
    sa.Column('title', sa.Text(), server_default='', nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('count', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['service'], ['ledger_services.id'], ),
    sa.PrimaryKeyConstraint('service', 'day', 'use', 'direction', 'title')
    )
    op.add_column('chats', sa.Column('region', sa.Text(), nullable=True))

    op.add_column('ledger_accounts', sa.Column('region', sa.Text(), server_default='', nullable=False))
    op.add_column('ledger_accounts', sa.Column('since', sa.Date(), nullable=True))

    op.add_column('links', sa.Column('nickname', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('links', sa.Column('region', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('links', sa.Column('verified_until', sa.BigInteger(), nullable=True))



def downgrade() -> None:
    # Not by copying the tables: dropping the old copy of `chats` would take its links along.
    op.execute('ALTER TABLE links DROP COLUMN verified_until')
    op.execute('ALTER TABLE links DROP COLUMN region')
    op.execute('ALTER TABLE links DROP COLUMN nickname')

    op.execute('ALTER TABLE ledger_accounts DROP COLUMN since')
    op.execute('ALTER TABLE ledger_accounts DROP COLUMN region')

    op.execute('ALTER TABLE chats DROP COLUMN region')

    op.drop_table('ledger_usages')

    op.drop_table('ledger_options')
    op.drop_table('ledger_deliveries')
    op.drop_table('ledger_components')
    op.drop_table('ledger_carriers')

    op.drop_table('ledger_calls')
    op.drop_table('ledger_reaches')

    op.drop_table('ledger_promises')

    op.drop_table('ledger_outages')
    op.drop_table('ledger_bonuses')
    op.drop_table('ledger_notices')

    op.drop_table('orders')

    op.drop_table('challenges')
