#!/bin/sh
# Made by emporion placement export of per-domain.yaml: change that, and make this again.
# A role and a database for each module; no role may enter another's.
set -eu
make() { # PROCESS ROLE DATABASE
  psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres -v role="$2" -v name="$3" -v password="$(cat "/secrets/$1/password")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"role";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}
make commerce emporion_checkout emporion_checkout
make commerce emporion_order emporion_order
make commerce emporion_payment emporion_payment
make identity emporion_auth emporion_auth
make identity emporion_user emporion_user
make logistics emporion_fulfillment emporion_fulfillment
make logistics emporion_location emporion_location
make logistics emporion_shipping emporion_shipping
make logistics emporion_warehouse emporion_warehouse
make platform emporion_gateway emporion_gateway
make product emporion_catalog emporion_catalog
make product emporion_pricing emporion_pricing
make product emporion_promotion emporion_promotion
