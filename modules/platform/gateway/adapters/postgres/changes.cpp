#include "modules/platform/gateway/adapters/postgres/changes.hpp"

namespace emporion::gateway {
namespace {

constexpr postgres::Statement insert_change{"gateway.insert_change", "INSERT INTO gateway_change (action, subject, detail, actor_id) VALUES ($1, $2, $3, $4)",
                                            postgres::Effect::writes};

}  // namespace

postgres::Bound change_row(const CallContext& context, std::string_view action, std::string_view subject, std::string detail) {
  return postgres::bind(insert_change, action, subject, json::Raw{std::move(detail)}, context.principal.id);
}

}  // namespace emporion::gateway
