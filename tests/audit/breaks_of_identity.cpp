#include "tests/audit/breaks.hpp"

namespace emporion::audit {

std::vector<Break> breaks_of_identity() {
  return {
      {.module = "auth",
       .invariant = "AUT-8 exactly one key signs once there are keys",
       .sql = "UPDATE signing_key SET state = 'retired' WHERE state = 'active' RETURNING 'signing_key'"},
      {.module = "auth",
       .invariant = "AUT-11 nobody has more than ten active sessions",
       .sql = "INSERT INTO session SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* FROM session s, generate_series(1, 10)"
              " WHERE s.status = 'active' AND s.realm = 'customer' RETURNING principal_id::text"},
      {.module = "auth",
       .invariant = "AUT-14 who is suspended has no active session",
       .sql = "UPDATE principal p SET status = 'suspended' FROM session s WHERE s.principal_id = p.id AND s.status = 'active' AND p.realm = 'customer' "
              "RETURNING s.id::text"},
      // The demo has no staff: whoever is invited or made here is the first.
      {.module = "user",
       .invariant = "USR-3 an active super_admin remains",
       .sql = "INSERT INTO staff_user (id, email, email_canonical, name, status, created_at)"
              " VALUES (gen_random_uuid(), 'a@shop.example', 'a@shop.example', 'A', 'inactive', now()) RETURNING 'super_admin'"},
      {.module = "user",
       .invariant = "USR-5 who is deleted holds no role",
       .sql = "INSERT INTO role_assignment (user_id, role_id, assigned_at) SELECT gen_random_uuid(), id, now() FROM role WHERE name = 'analyst';"
              "INSERT INTO staff_user (id, email, email_canonical, name, status, created_at) SELECT a.user_id, 'b@shop.example', 'b@shop.example', 'B', "
              "'deleted', now()"
              " FROM role_assignment a JOIN role r ON r.id = a.role_id WHERE r.name = 'analyst' RETURNING id::text",
       .also = {"USR-3 an active super_admin remains"}},
      {.module = "user",
       .invariant = "an invited account waits for its enrolment",
       .sql = "INSERT INTO staff_user (id, email, email_canonical, name, status, created_at)"
              " VALUES (gen_random_uuid(), 'c@shop.example', 'c@shop.example', 'C', 'invited', now()) RETURNING id::text"},
  };
}

}  // namespace emporion::audit
