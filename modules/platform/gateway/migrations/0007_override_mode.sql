-- A closed route says that it is closed for a while, or nothing at all.
ALTER TABLE route_override ADD COLUMN is_disabled boolean NOT NULL DEFAULT false;
