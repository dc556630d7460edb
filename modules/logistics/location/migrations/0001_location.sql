-- Places people and parcels can be sent to: countries and what lies below them.

-- The id of a place that is seeded: see 0002_places.sql.
CREATE FUNCTION location_id(p_code text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  bytes bytea := substring(sha256(convert_to('location:' || p_code, 'UTF8')) FROM 1 FOR 16);
BEGIN
  bytes := set_byte(bytes, 6, (get_byte(bytes, 6) & 15) | 128);
  bytes := set_byte(bytes, 8, (get_byte(bytes, 8) & 63) | 128);
  RETURN encode(bytes, 'hex')::uuid;
END $$;

CREATE TABLE location (
  id           uuid PRIMARY KEY,
  country_code text NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
  type         text NOT NULL,
  level        integer NOT NULL,
  code         text NOT NULL,
  name         text NOT NULL CHECK (name <> ''),
  name_en      text NOT NULL,
  parent_id    uuid REFERENCES location,
  path         uuid[] NOT NULL,
  lat          integer CHECK (lat BETWEEN -900000000 AND 900000000),
  lng          integer CHECK (lng BETWEEN -1800000000 AND 1800000000),
  is_active    boolean NOT NULL DEFAULT true,
  effective_to date,
  successors   uuid[] NOT NULL DEFAULT '{}',
  version      bigint NOT NULL DEFAULT 1,
  CONSTRAINT type_fits_level CHECK ((type, level) IN (('country', 0), ('province', 1), ('district', 2), ('ward', 3))),
  CONSTRAINT only_a_country_has_no_parent CHECK ((level = 0) = (parent_id IS NULL)),
  CONSTRAINT both_coordinates_or_neither CHECK ((lat IS NULL) = (lng IS NULL)),
  CONSTRAINT path_ends_here CHECK (path[cardinality(path)] = id AND (parent_id IS NULL OR path[cardinality(path) - 1] = parent_id))
);
-- Unique among what is valid at the same time: a code may be given again after a merger.
CREATE UNIQUE INDEX location_code ON location (parent_id, code) NULLS NOT DISTINCT WHERE is_active;
CREATE INDEX location_country ON location (country_code);

-- One row, counted up by every write under its lock: writes follow each other, so that the check against cycles sees all of them, and replicas see that their copy is old.
CREATE TABLE location_revision (
  is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  revision bigint NOT NULL
);
INSERT INTO location_revision (revision) VALUES (1);
