#!/usr/bin/env bash
# Buys something in the demo shop as a guest, with curl only; prints each command before it runs it. Usage: tools/first_sale.sh [http://127.0.0.1:8080]
set -euo pipefail
base=${1:-http://127.0.0.1:8080}/api/v1
jar=$(mktemp)
trap 'rm -f "$jar"' EXIT
run=$(date +%s%N)

# call METHOD PATH [JSON] [IDEMPOTENCY-KEY]: prints the command on standard error and the answer's body on standard output.
call() {
  local arguments=(-sS --fail-with-body -b "$jar" -c "$jar" -X "$1" "$base$2")
  [ -n "${3:-}" ] && arguments+=(-H 'Content-Type: application/json' -d "$3")
  [ -n "${4:-}" ] && arguments+=(-H "Idempotency-Key: $4")
  printf '\n$ curl -X %s %s %s\n' "$1" "$base$2" "${3:+-d '$3'}" >&2
  curl "${arguments[@]}" | tee /dev/stderr
  echo >&2
}

sku=$(call GET '/catalog/products?page_size=1' | jq -r '.products[0].variants[0].sku')
call POST /cart/items "{\"sku\":\"$sku\",\"qty\":2}" "add-$run" >/dev/null
id=$(call POST /checkout '{}' "start-$run" | jq -r .checkout.id)
call PUT "/checkout/$id/contact" '{"contact":{"email":"mai@example.com"}}' >/dev/null
call PUT "/checkout/$id/shipping-address" '{"address":{"name":"Mai Tran","phone":"+84901234567","country":"VN","region_code":"VN-HN","city":"Hà Nội","line1":"1 Tràng Tiền"}}' >/dev/null
selections=$(call GET "/checkout/$id/shipping-methods" | jq -c '{selections: [.groups[] | {group_key, method_id: .options[0].method_id}]}')
call PUT "/checkout/$id/shipping-method" "$selections" >/dev/null
call PUT "/checkout/$id/payment-method" '{"payment":{"method":"cod"}}' >/dev/null
quote=$(call POST "/checkout/$id/preview" '{}')
confirm=$(jq -c '{quote_id: .quote.id, expected_total: .quote.totals.grand_total, terms_accepted: true}' <<<"$quote")
number=$(call POST "/checkout/$id/confirm" "$confirm" "buy-$run" | jq -r .order_number)
printf '\nsold: order %s\n' "$number"
