-- The tables of Wasl 0.1.0, as its own program made them: one section a store.
-- store control
CREATE TABLE clients (
    name VARCHAR NOT NULL,
    key_id VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    channels TEXT NOT NULL,
    created BIGINT NOT NULL,
    revoked BIGINT,
    PRIMARY KEY (name),
    UNIQUE (key_id)
);
CREATE TABLE users (
    name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    password VARCHAR NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE sessions (
    token VARCHAR NOT NULL,
    user VARCHAR NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (token)
);
CREATE INDEX sessions_by_user ON sessions (user);
CREATE INDEX sessions_by_expiry ON sessions (expires);
CREATE TABLE audit (
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    PRIMARY KEY (number),
    UNIQUE (previous)
);
CREATE TABLE data_keys (
    id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    day INTEGER NOT NULL,
    wrapped BLOB,
    destroyed INTEGER,
    PRIMARY KEY (id)
);
CREATE INDEX data_keys_by_day ON data_keys (day);
CREATE TABLE master_keys (
    fingerprint VARCHAR NOT NULL,
    PRIMARY KEY (fingerprint)
);
CREATE TABLE pauses (
    channel VARCHAR NOT NULL,
    since BIGINT NOT NULL,
    "by" VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (channel)
);
-- store journal
CREATE TABLE transactions (
    id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    sender VARCHAR NOT NULL,
    control_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    content_type VARCHAR NOT NULL,
    received BIGINT NOT NULL,
    status VARCHAR NOT NULL,
    peer VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    sha256 VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    "offset" BIGINT,
    "key" VARCHAR NOT NULL,
    reply VARCHAR NOT NULL,
    refused VARCHAR NOT NULL,
    issues TEXT,
    rerun_of VARCHAR,
    root VARCHAR,
    reruns INTEGER NOT NULL,
    places TEXT,
    first VARCHAR,
    mediated BIGINT,
    settled BIGINT,
    heard INTEGER NOT NULL,
    due INTEGER NOT NULL,
    trouble VARCHAR,
    reason VARCHAR,
    PRIMARY KEY (id)
);
CREATE INDEX transactions_by_sender ON transactions (sender, received);
CREATE INDEX transactions_by_channel ON transactions (channel, received, id);
CREATE INDEX transactions_in_trouble ON transactions (channel, received) WHERE trouble IS NOT NULL;
CREATE INDEX transactions_by_root ON transactions (root) WHERE root IS NOT NULL;
CREATE INDEX transactions_by_control_id ON transactions (control_id, received);
CREATE INDEX transactions_by_type ON transactions (type, received);
CREATE INDEX transactions_by_status ON transactions (status, received) WHERE status != 'delivered';
CREATE INDEX transactions_by_reason ON transactions (received) WHERE reason IS NOT NULL;
CREATE INDEX transactions_by_time ON transactions (received, id);
CREATE INDEX transactions_by_first ON transactions (first) WHERE first IS NOT NULL;
CREATE TABLE steps (
    "transaction" VARCHAR NOT NULL,
    at BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    "by" VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY ("transaction", at, digest)
)
 WITHOUT ROWID;
CREATE TABLE events (
    "transaction" VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    type VARCHAR NOT NULL,
    fact VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    flags TEXT NOT NULL,
    expects VARCHAR NOT NULL,
    PRIMARY KEY ("transaction", id)
)
 WITHOUT ROWID;
CREATE TABLE parts (
    "transaction" VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    event VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at BIGINT NOT NULL,
    waiting_for TEXT NOT NULL,
    PRIMARY KEY ("transaction", kind, place, event)
)
 WITHOUT ROWID;
CREATE TABLE deliveries (
    "transaction" VARCHAR NOT NULL,
    event VARCHAR NOT NULL,
    consumer VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY ("transaction", event, consumer)
)
 WITHOUT ROWID;
CREATE TABLE subjects (
    digest VARCHAR NOT NULL,
    "transaction" VARCHAR NOT NULL,
    PRIMARY KEY (digest, "transaction")
)
 WITHOUT ROWID;
CREATE TABLE failures (
    "transaction" VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    received BIGINT NOT NULL,
    places TEXT NOT NULL,
    PRIMARY KEY ("transaction", kind, reason)
)
 WITHOUT ROWID;
CREATE INDEX failures_by_group ON failures (kind, channel, reason, received, "transaction");
CREATE TABLE waiting (
    entry VARCHAR NOT NULL,
    "transaction" VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    PRIMARY KEY (entry, "transaction", place)
)
 WITHOUT ROWID;
CREATE INDEX waiting_by_transaction ON waiting ("transaction");
CREATE TABLE minutes (
    channel VARCHAR NOT NULL,
    minute BIGINT NOT NULL,
    received INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    parked INTEGER NOT NULL,
    PRIMARY KEY (channel, minute)
)
 WITHOUT ROWID;
-- store ledger
CREATE TABLE care_sheets (
    serial INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    number TEXT NOT NULL,
    person TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    opened BIGINT NOT NULL,
    due BIGINT,
    claims INTEGER NOT NULL,
    forced BOOLEAN NOT NULL,
    PRIMARY KEY (serial),
    UNIQUE ("key"),
    UNIQUE (number)
);
CREATE INDEX ix_care_sheets_due ON care_sheets (due);
CREATE INDEX ix_care_sheets_person ON care_sheets (person);
CREATE TABLE care_sheet_transitions (
    id INTEGER NOT NULL,
    sheet INTEGER NOT NULL,
    line TEXT,
    "before" TEXT,
    "after" TEXT NOT NULL,
    at BIGINT NOT NULL,
    why TEXT NOT NULL,
    "transaction" TEXT,
    actor TEXT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_care_sheet_transitions_sheet ON care_sheet_transitions (sheet);
CREATE TABLE care_sheet_worklist (
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sheet INTEGER NOT NULL,
    line TEXT NOT NULL,
    event TEXT NOT NULL,
    "transaction" TEXT NOT NULL,
    differs TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX care_sheet_worklist_once ON care_sheet_worklist (kind, sheet, line, event);
CREATE TABLE care_sheet_people (
    person TEXT NOT NULL,
    insured TEXT,
    birth_date TEXT,
    version BIGINT NOT NULL,
    PRIMARY KEY (person)
);
CREATE TABLE care_sheet_identifiers (
    digest TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (digest, person)
)
 WITHOUT ROWID;
CREATE TABLE care_sheet_counters (
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE care_sheet_lines (
    fact TEXT NOT NULL,
    sheet INTEGER NOT NULL,
    event TEXT NOT NULL,
    "transaction" TEXT NOT NULL,
    code TEXT NOT NULL,
    system TEXT,
    designation TEXT,
    quantity TEXT NOT NULL,
    amount TEXT,
    executor TEXT NOT NULL,
    executor_system TEXT,
    date TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    claim TEXT,
    PRIMARY KEY (fact),
    FOREIGN KEY(sheet) REFERENCES care_sheets (serial)
);
CREATE INDEX ix_care_sheet_lines_sheet ON care_sheet_lines (sheet);
CREATE TABLE care_sheet_claims (
    number TEXT NOT NULL,
    sheet INTEGER NOT NULL,
    body TEXT NOT NULL,
    total TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    made BIGINT NOT NULL,
    answered BIGINT,
    PRIMARY KEY (number),
    FOREIGN KEY(sheet) REFERENCES care_sheets (serial)
);
CREATE INDEX ix_care_sheet_claims_sheet ON care_sheet_claims (sheet);
-- store payer
CREATE TABLE payer_claims (
    number TEXT NOT NULL,
    digest TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked INTEGER NOT NULL,
    PRIMARY KEY (number)
);
CREATE TABLE payer_accepted_lines (
    id INTEGER NOT NULL,
    claim TEXT NOT NULL,
    line TEXT NOT NULL,
    amount TEXT,
    PRIMARY KEY (id)
);
-- store record
CREATE TABLE resources (
    "row" INTEGER NOT NULL,
    type VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    person VARCHAR,
    source BIGINT NOT NULL,
    said BLOB,
    "transaction" VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY ("row")
);
CREATE INDEX resources_by_person ON resources (person, type, id);
CREATE UNIQUE INDEX resources_by_id ON resources (id, type);
CREATE TABLE versions (
    "row" INTEGER NOT NULL,
    type VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    "transaction" VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY ("row")
);
CREATE UNIQUE INDEX versions_by_id ON versions (id, type, version);
CREATE TABLE terms (
    type VARCHAR NOT NULL,
    parameter VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    system VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    PRIMARY KEY (type, parameter, value, system, id)
)
 WITHOUT ROWID;
-- store registries
CREATE TABLE persons (
    id VARCHAR(36) NOT NULL,
    created BIGINT NOT NULL,
    origin TEXT NOT NULL,
    revision INTEGER NOT NULL,
    ins VARCHAR(32) NOT NULL,
    idcs VARCHAR(32) NOT NULL,
    cnss VARCHAR(32) NOT NULL,
    cin VARCHAR(32) NOT NULL,
    birth_year VARCHAR(32) NOT NULL,
    birth_month VARCHAR(32) NOT NULL,
    birth_day VARCHAR(32) NOT NULL,
    sex VARCHAR(8) NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID;
CREATE TABLE facilities (
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    region VARCHAR(8) NOT NULL,
    province VARCHAR(8) NOT NULL,
    owner TEXT NOT NULL,
    periods TEXT NOT NULL,
    latitude TEXT NOT NULL,
    longitude TEXT NOT NULL,
    provisional BOOLEAN NOT NULL,
    PRIMARY KEY (number)
);
CREATE TABLE health_workers (
    number TEXT NOT NULL,
    family TEXT NOT NULL,
    given TEXT NOT NULL,
    profession TEXT NOT NULL,
    periods TEXT NOT NULL,
    provisional BOOLEAN NOT NULL,
    PRIMARY KEY (number)
);
CREATE TABLE aliases (
    kind VARCHAR(16) NOT NULL,
    alias TEXT NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (kind, alias)
);
CREATE TABLE versions (
    name VARCHAR(16) NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE keys (
    "key" VARCHAR(32) NOT NULL,
    turn INTEGER NOT NULL,
    person VARCHAR(36) NOT NULL,
    PRIMARY KEY ("key", turn),
    FOREIGN KEY(person) REFERENCES persons (id)
)
 WITHOUT ROWID;
CREATE TABLE links (
    from_person VARCHAR(36) NOT NULL,
    to_person VARCHAR(36) NOT NULL,
    kind VARCHAR(8) NOT NULL,
    event TEXT NOT NULL,
    at BIGINT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (from_person, to_person, kind),
    FOREIGN KEY(from_person) REFERENCES persons (id),
    FOREIGN KEY(to_person) REFERENCES persons (id)
);
CREATE INDEX ix_links_version ON links (version);
CREATE TABLE reviews (
    id VARCHAR(36) NOT NULL,
    person VARCHAR(36) NOT NULL,
    other VARCHAR(36) NOT NULL,
    reason VARCHAR(32) NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    event TEXT NOT NULL,
    "transaction" TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(person) REFERENCES persons (id)
);
CREATE INDEX ix_reviews_at ON reviews (at);
CREATE TABLE roles (
    worker TEXT NOT NULL,
    facility TEXT NOT NULL,
    role TEXT NOT NULL,
    periods TEXT NOT NULL,
    PRIMARY KEY (worker, facility, role),
    FOREIGN KEY(worker) REFERENCES health_workers (number)
);
