
-- Streams, records and what a page commits together.
create table stream (
    account {uuid} not null,
    model text not null,
    project {uuid} not null,
    state {json},
    status text not null,
    disabled {bool} not null,
    is_initial {bool} not null,
    interval_us bigint,
    full_interval_us bigint,
    next_sync_us bigint,
    last_start_us bigint,
    last_finish_us bigint,
    last_result text,
    fresh_as_of_us bigint,
    last_full_us bigint,
    live bigint not null,
    clock_us bigint not null,
    next_pos bigint not null,
    held_run {uuid},
    held_count bigint,
    primary key (account, model)
){clustered};
create index stream_due on stream (next_sync_us);

-- pos: assigned at the first insert, never reused. modified_us: unique and growing within a stream, so it is the change sequence.
create table record (
    account {uuid} not null,
    model text not null,
    pos bigint not null,
    id {uuid} not null,
    remote_id text not null,
    raw_hash bigint not null,
    unified {json} not null,
    deleted {bool} not null,
    created_us bigint not null,
    modified_us bigint not null,
    primary key (account, model, pos)
){clustered};
create {record_by_id};
create index record_by_modified on record (account, model, modified_us);

create table remote_data (
    account {uuid} not null,
    model text not null,
    pos bigint not null,
    data {json},
    origins {json},
    remote_fields {json},
    primary key (account, model, pos)
){clustered};

create table reject (
    account {uuid} not null,
    model text not null,
    key text not null,
    reason text not null,
    excerpt text not null,
    at_us bigint not null,
    primary key (account, model, key)
){clustered};

-- One bit per position, in chunks; of full passes under way and of those whose deletions are held.
create table seen (
    account {uuid} not null,
    model text not null,
    run {uuid} not null,
    chunk bigint not null,
    bits {bytes} not null,
    primary key (account, model, run, chunk)
){clustered};

-- start_pos and start_clock_us: next_pos and clock_us of the stream when the run began; what is newer is not the run's to delete.
create table sync_run (
    id {uuid} primary key,
    account {uuid} not null,
    model text not null,
    kind text not null,
    started_us bigint not null,
    ended_us bigint,
    result text,
    error text,
    start_pos bigint not null,
    start_clock_us bigint not null,
    added bigint not null,
    changed bigint not null,
    deleted bigint not null,
    unchanged bigint not null,
    rejected bigint not null,
    requests bigint not null,
    pages bigint not null
){clustered};
create index run_by_account on sync_run (account, started_us, id);
create index run_by_age on sync_run (ended_us);

create table outbox (
    seq {serial},
    project {uuid} not null,
    account {uuid} not null,
    model text not null,
    from_us bigint not null,
    to_us bigint not null,
    added bigint not null,
    changed bigint not null,
    deleted bigint not null
);
create index outbox_by_account on outbox (account);
create index outbox_by_age on outbox (to_us);
