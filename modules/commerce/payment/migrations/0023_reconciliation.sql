-- Our ledger against the providers' reports.
CREATE TABLE recon_report (
  id           uuid PRIMARY KEY,
  provider     text NOT NULL,
  from_at      timestamptz NOT NULL,
  to_at        timestamptz NOT NULL CHECK (to_at > from_at),
  run_key      text NOT NULL UNIQUE,  -- Who asked, or the day: a repeat is the same report.
  status       text NOT NULL CHECK (status IN ('running', 'done', 'failed')),
  page_cursor  text,                  -- Where the provider's report goes on.
  rows_read    integer NOT NULL DEFAULT 0,
  mismatches   integer NOT NULL DEFAULT 0,
  noted        integer NOT NULL DEFAULT 0,
  error        text,
  tries        integer NOT NULL DEFAULT 0,
  next_run_at  timestamptz,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz
);
CREATE INDEX recon_due ON recon_report (next_run_at) WHERE next_run_at IS NOT NULL;

-- What the provider reported; goes when the comparison is done.
CREATE TABLE recon_row (
  report_id  uuid NOT NULL,
  ref        text NOT NULL,
  type       text NOT NULL CHECK (type IN ('charge', 'refund', 'dispute')),
  amount     bigint NOT NULL,
  fee        bigint NOT NULL,
  currency   text NOT NULL,
  state      text NOT NULL,  -- succeeded, or the provider's word for another state.
  at         timestamptz NOT NULL,
  PRIMARY KEY (report_id, type, ref)
);

CREATE TABLE recon_item (
  id          uuid PRIMARY KEY,
  provider    text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('missing_ours', 'missing_theirs', 'amount_differs', 'status_differs')),
  subject     text NOT NULL,
  report_id   uuid NOT NULL REFERENCES recon_report (id),  -- That found it last.
  payment_id  uuid,
  ours        text NOT NULL,
  theirs      text NOT NULL,
  noted       boolean NOT NULL,
  found_at    timestamptz NOT NULL,
  happened_at timestamptz NOT NULL,  -- When the money moved: which spans it belongs to.
  resolved_at timestamptz,
  UNIQUE (provider, kind, subject)
);
CREATE INDEX recon_item_by_report ON recon_item (report_id);
CREATE INDEX payment_by_captured ON payment (provider, captured_at, id) WHERE captured_at IS NOT NULL;
CREATE INDEX refund_by_finished ON refund (provider, finished_at) WHERE finished_at IS NOT NULL;
