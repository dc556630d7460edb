-- An event that is too large to travel is refused where it is made: a feed that cannot pass it on would stop there. A message between processes has at most 4 MiB, a
-- page of events about 1 MiB, or one event alone. Source: ADR 0026.
ALTER TABLE outbox ADD CONSTRAINT outbox_data_size CHECK (octet_length(data) <= 2 * 1024 * 1024) NOT VALID;
