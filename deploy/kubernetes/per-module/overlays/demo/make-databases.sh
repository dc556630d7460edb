#!/bin/sh
# Made by emporion placement export of per-module.yaml: change that, and make this again.
# A role and a database for each module; no role may enter another's.
set -eu
make() { # PROCESS ROLE DATABASE
  psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname postgres -v role="$2" -v name="$3" -v password="$(cat "/secrets/$1/password")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"role";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}
make auth emporion_auth emporion_auth
make catalog emporion_catalog emporion_catalog
make checkout emporion_checkout emporion_checkout
make fulfillment emporion_fulfillment emporion_fulfillment
make gateway emporion_gateway emporion_gateway
make location emporion_location emporion_location
make order emporion_order emporion_order
make payment emporion_payment emporion_payment
make pricing emporion_pricing emporion_pricing
make promotion emporion_promotion emporion_promotion
make shipping emporion_shipping emporion_shipping
make user emporion_user emporion_user
make warehouse emporion_warehouse emporion_warehouse
