#include "tests/audit/breaks.hpp"

namespace emporion::audit {

// The demo has no sale and no partner: each break makes its own.
std::vector<Break> breaks_of_gateway() {
  return {
      {.module = "gateway",
       .invariant = "as many joined a line as have a ticket of it",
       .sql = "INSERT INTO flagged_sale (id, name, skus, starts_at, ends_at, admitted_per_s_min, joined)"
              " VALUES (gen_random_uuid(), 'a sale', '{A}', now(), now() + interval '1 hour', 5, 1) RETURNING id::text"},
      {.module = "gateway",
       .invariant = "a line is admitted as far as its last admission says",
       .sql = "WITH sale AS (INSERT INTO flagged_sale (id, name, skus, starts_at, ends_at, admitted_per_s_min, joined, admitted)"
              " VALUES (gen_random_uuid(), 'a sale', '{A}', now(), now() + interval '1 hour', 5, 1, 1) RETURNING id)"
              " INSERT INTO waiting_ticket (sale_id, subject, number) SELECT id, 'visitor:a', 1 FROM sale RETURNING sale_id::text"},
      {.module = "gateway",
       .invariant = "it is written down who made an API key",
       .sql = "INSERT INTO api_key (id, prefix, secret_sha256, owner, scopes, plan)"
              " VALUES (gen_random_uuid(), 'a', sha256('a'), 'Partner', '{order.order.read}', 'partner') RETURNING id::text"},
  };
}

}  // namespace emporion::audit
