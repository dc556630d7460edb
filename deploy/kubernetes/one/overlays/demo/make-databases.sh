#!/bin/sh
# Made by emporion placement export of one.yaml: change that, and make this again.
# A role and a database for each module; no role may enter another's.
set -eu
make() { # PROCESS ROLE DATABASE
  psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres -v role="$2" -v name="$3" -v password="$(cat "/secrets/$1/password")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"role";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}
make all emporion_auth emporion_auth
make all emporion_catalog emporion_catalog
make all emporion_checkout emporion_checkout
make all emporion_fulfillment emporion_fulfillment
make all emporion_gateway emporion_gateway
make all emporion_location emporion_location
make all emporion_order emporion_order
make all emporion_payment emporion_payment
make all emporion_pricing emporion_pricing
make all emporion_promotion emporion_promotion
make all emporion_shipping emporion_shipping
make all emporion_user emporion_user
make all emporion_warehouse emporion_warehouse
