"""The schema's revisions. Reading HEAD loads no Alembic: a start only compares."""

HEAD = "0005"
