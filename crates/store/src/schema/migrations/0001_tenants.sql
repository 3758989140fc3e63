-- Tenants, keys, linked accounts and what belongs to them. Times are microseconds since the epoch.
create table project (
    id {uuid} primary key,
    name text not null,
    created_us bigint not null,
    constraint project_name unique (name)
){clustered};

create table api_key (
    id {uuid} primary key,
    project {uuid} not null,
    name text not null,
    kind text not null,
    hash {bytes} not null,
    created_us bigint not null,
    revoked_us bigint,
    constraint api_key_hash unique (hash)
){clustered};
create index api_key_by_project on api_key (project, created_us);

create table integration (
    project {uuid} not null,
    connector text not null,
    enabled {bool} not null,
    config {json} not null,
    seal_key text,
    sealed {bytes},
    created_us bigint not null,
    primary key (project, connector)
){clustered};

create table account (
    id {uuid} primary key,
    project {uuid} not null,
    connector text not null,
    category text not null,
    end_user_origin_id text not null,
    end_user_organization_name text not null,
    end_user_email_address text not null,
    status text not null,
    status_detail text,
    account_type text not null,
    config {json} not null,
    token_hash {bytes} not null,
    token_seal_key text,
    token_sealed {bytes},
    is_duplicate {bool},
    created_us bigint not null,
    completed_us bigint,
    constraint account_origin unique (project, category, end_user_origin_id),
    constraint account_token unique (token_hash)
){clustered};
create index account_by_project on account (project, created_us, id);

-- The refresh lease: fence counts attempts, until_us ends the one under way, intent_us is set before the call and cleared by its result.
create table credential (
    account {uuid} primary key,
    seal_key text not null,
    sealed {bytes} not null,
    version bigint not null,
    updated_us bigint not null,
    fence bigint not null,
    until_us bigint not null,
    intent_us bigint
){clustered};

create table link_token (
    hash {bytes} primary key,
    project {uuid} not null,
    request {json} not null,
    session {json},
    account {uuid},
    created_us bigint not null,
    expires_us bigint not null,
    used_us bigint
){clustered};
create index link_token_by_account on link_token (account);

create table public_token (
    hash {bytes} primary key,
    project {uuid} not null,
    account {uuid} not null,
    created_us bigint not null,
    expires_us bigint not null,
    used_us bigint
){clustered};
create index public_token_by_account on public_token (account);

-- An issue of the project itself has the nil account, so that it is unique too.
create table issue (
    id {uuid} primary key,
    project {uuid} not null,
    account {uuid} not null,
    kind text not null,
    key text not null,
    status text not null,
    muted {bool} not null,
    description text not null,
    details {json} not null,
    first_us bigint not null,
    last_us bigint not null,
    resolved_us bigint,
    incidents bigint not null,
    constraint issue_subject unique (project, account, kind, key)
){clustered};
create index issue_by_time on issue (project, first_us, id);
create index issue_by_account on issue (account);

create table job (
    id {uuid} primary key,
    project {uuid},
    account {uuid},
    kind text not null,
    key text not null,
    payload {json} not null,
    state text not null,
    due_us bigint not null,
    failures bigint not null,
    fence bigint not null,
    holder text,
    error text,
    again {bool} not null,
    created_us bigint not null
){clustered};
create unique index job_key on job (key) where state <> 'FAILED';
create index job_due on job (due_us) where state <> 'FAILED';
create index job_by_account on job (account);

create table audit (
    id {uuid} primary key,
    project {uuid} not null,
    user_name text,
    user_email text,
    role text not null,
    ip_address text not null,
    event_type text not null,
    description text not null,
    at_us bigint not null
){clustered};
create index audit_by_time on audit (project, at_us, id);

create table request_log (
    seq {serial},
    project {uuid} not null,
    account {uuid} not null,
    run {uuid},
    method text not null,
    url text not null,
    status bigint,
    duration_us bigint not null,
    bytes bigint not null,
    error text,
    at_us bigint not null
);
create index request_by_account on request_log (account, seq);
create index request_by_project on request_log (project, seq);
create index request_by_age on request_log (at_us);
