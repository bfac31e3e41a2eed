/** The tables of the directory's file. docs/formats/directory.md says what stands in them. */
export const schema = `
  create table account (
    number       integer primary key,
    id           text not null,
    id_seal      integer not null,
    nick         text not null,
    avatar_url   text not null,
    attributes   text not null,
    changed_at   integer not null,
    revoked_at   integer not null,
    profile_seal integer not null
  ) strict;

  create table conversation (
    number     integer primary key,
    first      integer not null,
    second     integer not null,
    id         text not null unique,
    owner      integer not null,
    is_frozen  integer not null,
    attributes text not null,
    created_at integer not null,
    changed_at integer not null,
    seal       integer not null,
    unique (first, second)
  ) strict;
  create index conversation_second on conversation (second);

  create table block (
    number  integer primary key,
    blocker integer not null,
    blocked integer not null,
    since   integer not null,
    seal    integer not null,
    unique (blocker, blocked)
  ) strict;

  create table token (
    number     integer primary key,
    token      text not null unique,
    account    integer not null,
    expires_at integer,
    created_at integer not null,
    changed_at integer not null,
    seal       integer not null
  ) strict;
  create index token_account on token (account);

  create table overlay (
    place          integer primary key,
    change         text not null,
    changed_by     integer not null,
    time           integer not null,
    content_format text,
    content_json   text,
    content_text   text,
    seal           integer not null
  ) strict;

  create table overlaid (
    position integer primary key,
    overlay  integer not null,
    seal     integer not null
  ) strict;

  create table batch_key (
    key   text primary key,
    place integer not null,
    time  integer not null,
    seal  integer not null
  ) strict, without rowid;
  create index batch_key_time on batch_key (time);

  create table batch_part (
    head  integer not null,
    place integer not null,
    seal  integer not null,
    primary key (head, place)
  ) strict, without rowid;

  create table device (
    number     integer primary key,
    way        text not null,
    id         text not null,
    account    integer not null,
    token      text not null,
    p256dh     text,
    auth       text,
    app        text not null,
    locale     text not null,
    time_zone  text not null,
    changed_at integer not null,
    seal       integer not null,
    unique (way, id)
  ) strict;
  create index device_account on device (account);
  create index device_token on device (way, token);

  create table pushed (
    way   text primary key,
    up_to integer not null,
    seal  integer not null
  ) strict, without rowid;

  create table batch_outcome (
    batch integer not null,
    place integer not null,
    seal  integer not null,
    primary key (batch, place)
  ) strict, without rowid;

  create table meta (
    format     integer not null,
    place      integer not null,
    next       integer not null,
    next_group integer not null,
    state      text not null,
    seal       integer not null
  ) strict;
`

export const tableNames = [...schema.matchAll(/create table (\w+)/g)].map(([, name]) => name!)
