"""Alerts that people trust"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# What a watch was when each link had its own: the link that was linked last and wants to hear becomes the account's.
WATCHES = """
INSERT INTO watches (account, link, region, threshold, available, low, episode, alerted, restored)
SELECT links.account, CASE WHEN links.muted THEN NULL ELSE links.id END, links.region, links.threshold,
       links.available, links.low, links.episode, links.alerted, links.restored
FROM links
WHERE NOT EXISTS (
    SELECT 1 FROM links other
    WHERE other.account = links.account
      AND (other.muted < links.muted OR (other.muted = links.muted AND other.id > links.id))
)
"""
LINKS = """
UPDATE links SET available = watches.available, low = watches.low, episode = watches.episode,
       alerted = watches.alerted, restored = watches.restored, muted = false
FROM watches WHERE watches.link = links.id
"""
# Letters of the old kind name a link's own episode. What waits is told anew, if it is still true.
UNTOLD = """
UPDATE watches SET alerted = episode - 1
WHERE low AND alerted = episode AND link IN (SELECT link FROM outbox WHERE kind = 'low' AND status IN (0, 1, 4))
"""
OLD_LETTERS = "DELETE FROM outbox WHERE kind IN ('low', 'restored') AND status IN (0, 1, 4)"
OLD_LOW = 'low AND NOT muted AND alerted < episode'
OLD_END = 'NOT low AND NOT muted AND alerted = episode AND restored < episode'
ACTIVE, OLD_ACTIVE = 'status IN (0, 1, 4, 7)', 'status IN (0, 1, 4)'
EXPIRES, OLD_EXPIRES = (f'{status} AND expires_at IS NOT NULL' for status in ('status IN (0, 4, 7)', 'status IN (0, 4)'))


def partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    op.create_table('watches',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('link', sa.BigInteger(), nullable=True),
    sa.Column('region', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('threshold', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('available', sa.BigInteger(), nullable=True),
    sa.Column('low', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('episode', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('alerted', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('alerted_at', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('restored', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('funds', sa.Text(), nullable=True),
    sa.Column('told', sa.Text(), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('next_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watches')),
    sa.UniqueConstraint('account', name=op.f('uq_watches_account')),
    sqlite_autoincrement=True
    )
    partial('ix_watches_low', 'watches', ['id'], 'low AND link IS NOT NULL AND alerted < episode')
    partial('ix_watches_restored', 'watches', ['id'], 'NOT low AND link IS NOT NULL AND alerted = episode AND restored < episode')
    partial('ix_watches_day', 'watches', ['next_at'], 'link IS NOT NULL AND next_at IS NOT NULL')
    partial('ix_watches_region', 'watches', ['region', 'id'], 'link IS NOT NULL')
    op.create_table('spreads',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('reached', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spreads')),
    sa.UniqueConstraint('event', name=op.f('uq_spreads_event')),
    sqlite_autoincrement=True
    )
    op.create_table('valve',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_valve'))
    )
    op.create_table('waves',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), sa.Identity(always=False), nullable=False),
    sa.Column('began_at', sa.BigInteger(), nullable=False),
    sa.Column('share', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('share_at', sa.BigInteger(), nullable=False),
    sa.Column('stopped', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waves')),
    sqlite_autoincrement=True
    )
    op.add_column('chats', sa.Column('wishes', sa.Text(), nullable=True))
    op.add_column('chats', sa.Column('remind_at', sa.BigInteger(), server_default=sa.text('600'), nullable=False))
    op.add_column('audits', sa.Column('template', sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column('audits', sa.Column('letter', sa.BigInteger(), nullable=True))

    op.create_table('ledger_events',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('written', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('sign', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=True),
    sa.Column('region', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('title', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('service', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ledger_events_number', 'ledger_events', ['number', 'place'], unique=False)
    partial('ledger_accounts_promised', 'ledger_accounts', ['promised_until'], 'promised IS NOT NULL')
    op.add_column('ledger_promises', sa.Column('let_on', sa.Text(), nullable=True))
    op.add_column('ledger_feed', sa.Column('as_of', sa.BigInteger(), nullable=True))
    op.execute('UPDATE ledger_feed SET as_of = (SELECT max(as_of) FROM ledger_accounts)')

    op.execute(WATCHES)
    op.add_column('links', sa.Column('rank', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    op.execute('UPDATE links SET rank = linked_at')
    op.drop_index('ix_links_low', table_name='links')
    op.drop_index('ix_links_restored', table_name='links')
    for gone in ('available', 'low', 'muted', 'episode', 'alerted', 'restored'):
        op.drop_column('links', gone)

    op.add_column('outbox', sa.Column('wave', sa.BigInteger(), nullable=True))
    op.add_column('outbox', sa.Column('led_by', sa.BigInteger(), nullable=True))
    op.execute(UNTOLD)
    op.execute(OLD_LETTERS)
    op.drop_index('ix_outbox_chat', table_name='outbox')
    op.drop_index('ix_outbox_expiry', table_name='outbox')
    partial('ix_outbox_chat', 'outbox', ['lane', 'id'], ACTIVE)
    partial('ix_outbox_expiry', 'outbox', ['expires_at'], EXPIRES)
    partial('ix_outbox_wave', 'outbox', ['wave', 'status', 'id'], 'wave IS NOT NULL')


def downgrade() -> None:
    op.execute('DELETE FROM outbox WHERE status = 7')
    for index in ('ix_outbox_wave', 'ix_outbox_expiry', 'ix_outbox_chat'):
        op.drop_index(index, table_name='outbox')
    partial('ix_outbox_chat', 'outbox', ['lane', 'id'], OLD_ACTIVE)
    partial('ix_outbox_expiry', 'outbox', ['expires_at'], OLD_EXPIRES)
    for column in ('wave', 'led_by'):
        op.drop_column('outbox', column)

    op.add_column('links', sa.Column('available', sa.BigInteger(), nullable=True))
    op.add_column('links', sa.Column('low', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('links', sa.Column('muted', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    for column in ('episode', 'alerted', 'restored'):
        op.add_column('links', sa.Column(column, sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    op.execute(LINKS)
    op.drop_column('links', 'rank')
    partial('ix_links_low', 'links', ['id'], OLD_LOW)
    partial('ix_links_restored', 'links', ['id'], OLD_END)

    op.drop_column('ledger_feed', 'as_of')
    op.drop_column('ledger_promises', 'let_on')
    op.drop_index('ledger_accounts_promised', table_name='ledger_accounts')
    op.drop_table('ledger_events')

    for column in ('template', 'letter'):
        op.drop_column('audits', column)
    for column in ('wishes', 'remind_at'):
        op.drop_column('chats', column)
    for table in ('waves', 'valve', 'spreads', 'watches'):
        op.drop_table(table)
