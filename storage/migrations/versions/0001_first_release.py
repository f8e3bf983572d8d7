"""First release"""

import sqlalchemy as sa
from alembic import op

from storage.clock import SystemClock

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attempts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('receipt', sa.BigInteger(), nullable=True),
    sa.Column('key', sa.LargeBinary(length=16), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_attempts_at'), 'attempts', ['at'], unique=False)
    op.create_index('ix_attempts_key_at', 'attempts', ['key', 'at'], unique=False)
    op.create_index(op.f('ix_attempts_receipt'), 'attempts', ['receipt'], unique=False)
    op.create_table('audits',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('lane', sa.Text(), nullable=True),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('figures', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audits')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_audits_account_at', 'audits', ['account', 'at'], unique=False)
    op.create_index(op.f('ix_audits_at'), 'audits', ['at'], unique=False)
    op.create_index(op.f('ix_audits_lane'), 'audits', ['lane'], unique=False)
    op.create_table('chats',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('zone', sa.Text(), nullable=True),
    sa.Column('consent', sa.Text(), nullable=True),
    sa.Column('consent_at', sa.BigInteger(), nullable=True),
    sa.Column('alerts', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('quiet_from', sa.BigInteger(), server_default=sa.text('1320'), nullable=False),
    sa.Column('quiet_to', sa.BigInteger(), server_default=sa.text('540'), nullable=False),
    sa.Column('reachable', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('current', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chats')),
    sa.UniqueConstraint('lane', name=op.f('uq_chats_lane')),
    sqlite_autoincrement=True
    )
    op.create_table('cursors',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_cursors'))
    )
    op.create_table('dead',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('lane', sa.Text(), nullable=True),
    sa.Column('row', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dead')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_dead_at'), 'dead', ['at'], unique=False)
    op.create_table('erasures',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('counts', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasures')),
    sqlite_autoincrement=True
    )
    op.create_table('inbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('dedupe', sa.LargeBinary(length=16), nullable=False),
    sa.Column('payload', sa.Text(), nullable=True),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('done', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox')),
    sa.UniqueConstraint('dedupe', name=op.f('uq_inbox_dedupe')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_inbox_received_at'), 'inbox', ['received_at'], unique=False)
    op.create_index('ix_inbox_waiting', 'inbox', ['lane', 'id'], unique=False, sqlite_where=sa.text('done IS NULL'), postgresql_where=sa.text('done IS NULL'))
    op.create_table('invitations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('lane', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('claims', sa.Text(), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('code_hash', sa.Text(), nullable=True),
    sa.Column('tries', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitations_token_hash')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_invitations_expires_at'), 'invitations', ['expires_at'], unique=False)
    op.create_index(op.f('ix_invitations_lane'), 'invitations', ['lane'], unique=False)
    op.create_table('lanes',
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('pending', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('ready_at', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('token', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('dialogue', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_lanes')),
    postgresql_with={'fillfactor': '70'}
    )
    op.create_index('ix_lanes_waiting', 'lanes', ['ready_at'], unique=False, sqlite_where=sa.text('pending > 0'), postgresql_where=sa.text('pending > 0'))
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('dedupe', sa.Text(), nullable=False),
    sa.Column('status', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('not_before', sa.BigInteger(), nullable=True),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('token', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('unknowns', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('sending_at', sa.BigInteger(), nullable=True),
    sa.Column('first_sent_at', sa.BigInteger(), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('personal', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('farewell', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('payload', sa.Text(), nullable=True),
    sa.Column('answer_to', sa.BigInteger(), nullable=True),
    sa.Column('link', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('dedupe', name=op.f('uq_outbox_dedupe')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_outbox_chat', 'outbox', ['lane', 'id'], unique=False, sqlite_where=sa.text('status IN (0, 1, 4)'), postgresql_where=sa.text('status IN (0, 1, 4)'))
    op.create_index('ix_outbox_expiry', 'outbox', ['expires_at'], unique=False, sqlite_where=sa.text('status IN (0, 4) AND expires_at IS NOT NULL'), postgresql_where=sa.text('status IN (0, 4) AND expires_at IS NOT NULL'))
    op.create_index('ix_outbox_leased', 'outbox', ['lease_until'], unique=False, sqlite_where=sa.text('status = 1'), postgresql_where=sa.text('status = 1'))
    op.create_index('ix_outbox_parked', 'outbox', ['not_before'], unique=False, sqlite_where=sa.text('status = 4'), postgresql_where=sa.text('status = 4'))
    op.create_index('ix_outbox_settled', 'outbox', ['settled_at'], unique=False, sqlite_where=sa.text('settled_at IS NOT NULL'), postgresql_where=sa.text('settled_at IS NOT NULL'))
    op.create_index('ix_outbox_waiting', 'outbox', ['network', 'priority', 'id'], unique=False, sqlite_where=sa.text('status = 0'), postgresql_where=sa.text('status = 0'))
    op.create_table('paces',
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('send_after', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_paces'))
    )
    op.create_index(op.f('ix_paces_send_after'), 'paces', ['send_after'], unique=False)
    op.create_table('rates',
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('step', sa.BigInteger(), nullable=False),
    sa.Column('burst', sa.Integer(), nullable=False),
    sa.Column('per_chat', sa.BigInteger(), nullable=False),
    sa.Column('tat', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('blocked_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('network', name=op.f('pk_rates'))
    )
    op.create_table('runs',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_runs'))
    )
    op.create_index(op.f('ix_runs_at'), 'runs', ['at'], unique=False)
    op.create_table('links',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('chat', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('holder', sa.Text(), nullable=False),
    sa.Column('linked_at', sa.BigInteger(), nullable=False),
    sa.Column('threshold', sa.BigInteger(), nullable=False),
    sa.Column('available', sa.BigInteger(), nullable=True),
    sa.Column('low', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('muted', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('episode', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('alerted', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('restored', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.ForeignKeyConstraint(['chat'], ['chats.id'], name=op.f('fk_links_chat'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_links')),
    sa.UniqueConstraint('chat', 'account', name=op.f('uq_links_chat_account')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_links_account'), 'links', ['account'], unique=False)
    op.create_index('ix_links_low', 'links', ['id'], unique=False, sqlite_where=sa.text('low AND NOT muted AND alerted < episode'), postgresql_where=sa.text('low AND NOT muted AND alerted < episode'))
    op.create_index('ix_links_restored', 'links', ['id'], unique=False, sqlite_where=sa.text('NOT low AND NOT muted AND alerted = episode AND restored < episode'), postgresql_where=sa.text('NOT low AND NOT muted AND alerted = episode AND restored < episode'))
    op.create_table('ledger_customers',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('login')
    )
    op.create_table('ledger_feed',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('ledger_keys',
    sa.Column('key', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('ledger_accounts',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('customer', sa.Text(), nullable=True),
    sa.Column('holder', sa.Text(), server_default='', nullable=False),
    sa.Column('scheme', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), server_default='RUB', nullable=False),
    sa.Column('zone', sa.Text(), server_default='Europe/Moscow', nullable=False),
    sa.Column('open', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('own', sa.BigInteger(), nullable=False),
    sa.Column('as_of', sa.BigInteger(), nullable=True),
    sa.Column('promised', sa.BigInteger(), nullable=True),
    sa.Column('promised_until', sa.Date(), nullable=True),
    sa.Column('changed', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['customer'], ['ledger_customers.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_accounts_changed', 'ledger_accounts', ['changed', 'id'], unique=False)
    op.create_index('ledger_accounts_customer', 'ledger_accounts', ['customer'], unique=False)
    op.create_table('ledger_bills',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.Column('issued', sa.Date(), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('late_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_bills_late', 'ledger_bills', ['late_at', 'id'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.create_index('ledger_bills_open', 'ledger_bills', ['account'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.create_table('ledger_charges',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), server_default='', nullable=False),
    sa.Column('service', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_charges_account', 'ledger_charges', ['account', 'at', 'id'], unique=False)
    op.create_table('ledger_payments',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.Text(), server_default='', nullable=False),
    sa.Column('credited', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_payments_account', 'ledger_payments', ['account', 'at', 'id'], unique=False)
    op.create_table('ledger_services',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('tariff', sa.Text(), server_default='', nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=True),
    sa.Column('next_fee', sa.Date(), nullable=True),
    sa.Column('daily', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account'], ['ledger_accounts.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_services_account', 'ledger_services', ['account'], unique=False)
    _start_letters_high()


def _start_letters_high() -> None:
    # VK drops a letter whose random_id it has seen, and random_id is made of the letter's id: a database that is made
    # anew must not begin at 1 again. Seconds since 1970 grow faster than a small bot writes letters.
    first = int(SystemClock().now().timestamp())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE outbox ALTER COLUMN id RESTART WITH {first}")
    else:
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', {first})")


def downgrade() -> None:
    op.drop_index('ledger_services_account', table_name='ledger_services')
    op.drop_table('ledger_services')
    op.drop_index('ledger_payments_account', table_name='ledger_payments')
    op.drop_table('ledger_payments')
    op.drop_index('ledger_charges_account', table_name='ledger_charges')
    op.drop_table('ledger_charges')
    op.drop_index('ledger_bills_open', table_name='ledger_bills', sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.drop_index('ledger_bills_late', table_name='ledger_bills', sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.drop_table('ledger_bills')
    op.drop_index('ledger_accounts_customer', table_name='ledger_accounts')
    op.drop_index('ledger_accounts_changed', table_name='ledger_accounts')
    op.drop_table('ledger_accounts')
    op.drop_table('ledger_keys')
    op.drop_table('ledger_feed')
    op.drop_table('ledger_customers')
    op.drop_index('ix_links_restored', table_name='links', sqlite_where=sa.text('NOT low AND NOT muted AND alerted = episode AND restored < episode'), postgresql_where=sa.text('NOT low AND NOT muted AND alerted = episode AND restored < episode'))
    op.drop_index('ix_links_low', table_name='links', sqlite_where=sa.text('low AND NOT muted AND alerted < episode'), postgresql_where=sa.text('low AND NOT muted AND alerted < episode'))
    op.drop_index(op.f('ix_links_account'), table_name='links')
    op.drop_table('links')
    op.drop_index(op.f('ix_runs_at'), table_name='runs')
    op.drop_table('runs')
    op.drop_table('rates')
    op.drop_index(op.f('ix_paces_send_after'), table_name='paces')
    op.drop_table('paces')
    op.drop_index('ix_outbox_waiting', table_name='outbox', sqlite_where=sa.text('status = 0'), postgresql_where=sa.text('status = 0'))
    op.drop_index('ix_outbox_settled', table_name='outbox', sqlite_where=sa.text('settled_at IS NOT NULL'), postgresql_where=sa.text('settled_at IS NOT NULL'))
    op.drop_index('ix_outbox_parked', table_name='outbox', sqlite_where=sa.text('status = 4'), postgresql_where=sa.text('status = 4'))
    op.drop_index('ix_outbox_leased', table_name='outbox', sqlite_where=sa.text('status = 1'), postgresql_where=sa.text('status = 1'))
    op.drop_index('ix_outbox_expiry', table_name='outbox', sqlite_where=sa.text('status IN (0, 4) AND expires_at IS NOT NULL'), postgresql_where=sa.text('status IN (0, 4) AND expires_at IS NOT NULL'))
    op.drop_index('ix_outbox_chat', table_name='outbox', sqlite_where=sa.text('status IN (0, 1, 4)'), postgresql_where=sa.text('status IN (0, 1, 4)'))
    op.drop_table('outbox')
    op.drop_index('ix_lanes_waiting', table_name='lanes', sqlite_where=sa.text('pending > 0'), postgresql_where=sa.text('pending > 0'))
    op.drop_table('lanes')
    op.drop_index(op.f('ix_invitations_lane'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_expires_at'), table_name='invitations')
    op.drop_table('invitations')
    op.drop_index('ix_inbox_waiting', table_name='inbox', sqlite_where=sa.text('done IS NULL'), postgresql_where=sa.text('done IS NULL'))
    op.drop_index(op.f('ix_inbox_received_at'), table_name='inbox')
    op.drop_table('inbox')
    op.drop_table('erasures')
    op.drop_index(op.f('ix_dead_at'), table_name='dead')
    op.drop_table('dead')
    op.drop_table('cursors')
    op.drop_table('chats')
    op.drop_index(op.f('ix_audits_lane'), table_name='audits')
    op.drop_index(op.f('ix_audits_at'), table_name='audits')
    op.drop_index('ix_audits_account_at', table_name='audits')
    op.drop_table('audits')
    op.drop_index(op.f('ix_attempts_receipt'), table_name='attempts')
    op.drop_index('ix_attempts_key_at', table_name='attempts')
    op.drop_index(op.f('ix_attempts_at'), table_name='attempts')
    op.drop_table('attempts')
