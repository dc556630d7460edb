#include "kernel/postgres/answer_once.hpp"

#include "kernel/base/text.hpp"

namespace emporion::postgres {

std::string caller_of(const Principal& principal) {
  switch (principal.realm) {
    case Realm::guest: return "guest";
    case Realm::customer: return text("customer:", principal.id);
    case Realm::staff: return text("staff:", principal.id);
    case Realm::service: return text("service:", principal.service);
  }
  return "guest";
}

}  // namespace emporion::postgres
