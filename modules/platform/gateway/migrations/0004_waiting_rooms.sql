-- Sales with a waiting room, and who waits. The number of a ticket is the place in the line.
CREATE TABLE flagged_sale (
  id                 uuid PRIMARY KEY,
  name               text NOT NULL,
  skus               text[] NOT NULL CHECK (cardinality(skus) BETWEEN 1 AND 100),
  starts_at          timestamptz NOT NULL,
  ends_at            timestamptz NOT NULL,
  admitted_per_s_min int NOT NULL CHECK (admitted_per_s_min > 0),
  joined             bigint NOT NULL DEFAULT 0,
  admitted           bigint NOT NULL DEFAULT 0,
  version            bigint NOT NULL DEFAULT 1,
  CHECK (starts_at < ends_at),
  CHECK (admitted BETWEEN 0 AND joined)
);
CREATE INDEX flagged_sale_ends_at ON flagged_sale (ends_at);

CREATE TABLE waiting_ticket (
  sale_id uuid NOT NULL REFERENCES flagged_sale,
  subject text NOT NULL,
  number  bigint NOT NULL,
  at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sale_id, subject),      -- One ticket per subject.
  UNIQUE (sale_id, number)
);

-- Up to which number people were let in, and when: a ticket lives for ten minutes from then on.
CREATE TABLE waiting_admission (
  sale_id uuid NOT NULL REFERENCES flagged_sale,
  up_to   bigint NOT NULL,
  at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sale_id, up_to)
);

-- How many checkouts each replica saw confirmed in the last minute.
CREATE UNLOGGED TABLE checkout_pace (
  replica uuid PRIMARY KEY,
  per_min bigint NOT NULL,
  at      timestamptz NOT NULL
);

-- Places for many at once, in the order given: (place in the call, number). Whoever has one keeps it. A sale that is not on gets none.
CREATE FUNCTION waiting_join(sales uuid[], subjects text[]) RETURNS TABLE (place bigint, number bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM flagged_sale s WHERE s.id = ANY (sales) ORDER BY s.id FOR UPDATE;
  WITH asked AS (
    SELECT sale, subject, min(a.place) AS first FROM unnest(sales, subjects) WITH ORDINALITY AS a(sale, subject, place) GROUP BY sale, subject
  ), fresh AS (
    SELECT asked.sale, asked.subject, s.joined + row_number() OVER (PARTITION BY asked.sale ORDER BY asked.first) AS given
    FROM asked JOIN flagged_sale s ON s.id = asked.sale AND s.starts_at <= now() AND s.ends_at > now()
    WHERE NOT EXISTS (SELECT FROM waiting_ticket t WHERE t.sale_id = asked.sale AND t.subject = asked.subject)
  ), added AS (
    INSERT INTO waiting_ticket (sale_id, subject, number) SELECT sale, subject, given FROM fresh RETURNING sale_id
  ), counted AS (
    SELECT sale_id, count(*) AS more FROM added GROUP BY sale_id
  )
  UPDATE flagged_sale s SET joined = s.joined + counted.more FROM counted WHERE s.id = counted.sale_id;
  RETURN QUERY SELECT a.place, t.number FROM unnest(sales, subjects) WITH ORDINALITY AS a(sale, subject, place)
    LEFT JOIN waiting_ticket t ON t.sale_id = a.sale AND t.subject = a.subject ORDER BY a.place;
END $$;

-- Lets `most` more in, as far as people wait and at most three are inside for each unit that is left. Inside is who was admitted in the last ten minutes: whether
-- one of them has bought is not known here, so the line moves late rather than early. Answers up to which number people are in.
CREATE FUNCTION waiting_admit(sale uuid, most bigint, units_left bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  line flagged_sale;
  over bigint;
  step bigint;
BEGIN
  SELECT * INTO line FROM flagged_sale WHERE id = sale FOR UPDATE;
  SELECT coalesce(max(up_to), 0) INTO over FROM waiting_admission WHERE sale_id = sale AND at <= now() - interval '10 minutes';
  step := least(most, line.joined - line.admitted, 3 * units_left - (line.admitted - over));
  IF step > 0 THEN
    UPDATE flagged_sale SET admitted = admitted + step WHERE id = sale RETURNING * INTO line;
    INSERT INTO waiting_admission (sale_id, up_to) VALUES (sale, line.admitted);
  END IF;
  RETURN line.admitted;
END $$;
