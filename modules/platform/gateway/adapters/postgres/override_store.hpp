#pragma once

#include <map>

#include "kernel/postgres/database.hpp"
#include "modules/platform/gateway/app/edge.hpp"

namespace emporion::gateway {

/// Overrides by route id. Each change is one transaction with its event.
class OverrideStore {
 public:
  using Overrides = std::map<std::string, RouteOverride, std::less<>>;
  explicit OverrideStore(postgres::Database& database) : database_(database) {}
  Task<Result<Overrides>> all();
  Task<Result<>> put(CallContext context, std::string route, RouteOverride override);
  Task<Result<>> remove(CallContext context, std::string route);

 private:
  postgres::Database& database_;
};

}  // namespace emporion::gateway
