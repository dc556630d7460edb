-- Mails of invoices: never lost, at most repeated with the same Message-ID (ADR 0022). Rows exist only where the shop has a mail server.
CREATE TABLE invoice_mail (
  id         uuid PRIMARY KEY,
  invoice_id uuid NOT NULL REFERENCES invoice,
  seq        integer NOT NULL CHECK (seq >= 0),  -- 0: when it was issued; then one for each wish to have it again. With the invoice it is the Message-ID.
  recipient  text NOT NULL,
  -- From the moment that a try begins until its answer is written down, nobody knows: `unknown`, also if the process dies between.
  state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed', 'unknown')),
  tries      integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  next_at    timestamptz,                        -- Absent: it is over.
  last_error text,
  created_at timestamptz NOT NULL,
  done_at    timestamptz,
  UNIQUE (invoice_id, seq),
  CONSTRAINT invoice_mail_ends CHECK ((next_at IS NULL) = (done_at IS NOT NULL) AND (state NOT IN ('sent', 'failed') OR next_at IS NULL) AND (state <> 'waiting' OR next_at IS NOT NULL))
);
CREATE INDEX invoice_mail_next ON invoice_mail (next_at) WHERE next_at IS NOT NULL;
