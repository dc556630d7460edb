#include "modules/platform/gateway/adapters/rpc/gateway_service.hpp"

namespace emporion::gateway {

v1::RouteInfo GatewayService::info_of(const http::Route& route) const {
  v1::RouteInfo out{.id = route_id(*route.operation), .method = std::string(to_string(route.method)), .path = route.path_template};
  if (const auto found = edge_.overrides().find(out.id); found != edge_.overrides().end()) {
    out.override_reason = found->second.reason;
    out.override_until = found->second.until;
    out.override_mode = found->second.is_disabled ? v1::OverrideMode::disabled : v1::OverrideMode::maintenance;
  }
  return out;
}

Result<v1::RouteInfo> GatewayService::find(std::string_view id) const {
  for (const auto& route : router_->routes()) {
    if (route->is_public && route_id(*route->operation) == id) return info_of(*route);
  }
  return fail(ErrorKind::not_found, "ROUTE_NOT_FOUND", "no such route; GET /api/v1/gateway/routes lists them");
}

Task<Result<>> GatewayService::reload() {
  EMP_CO_ASSIGN(auto overrides, co_await store_.all());
  edge_.replace_overrides(std::move(overrides));
  co_return Result<>();
}

Task<Result<v1::CsrfTokenResponse>> GatewayService::csrf_token(CallContext, v1::CsrfTokenRequest request) {
  const std::string token = csrf_tokens_.issue(request.session_cookie.value_or(""));
  co_return v1::CsrfTokenResponse{.token = token, .token_cookie = token};
}

Task<Result<v1::StatusResponse>> GatewayService::status(CallContext, v1::StatusRequest) {
  v1::StatusResponse out{.open = true, .notices = {}};
  for (const auto& [route, override] : edge_.overrides()) {
    if (!override.is_disabled) out.notices.push_back(override.reason);
  }
  co_return out;
}

Task<Result<v1::ListRoutesResponse>> GatewayService::list_routes(CallContext, v1::ListRoutesRequest) {
  v1::ListRoutesResponse out;
  for (const auto& route : router_->routes()) {
    if (route->is_public) out.routes.push_back(info_of(*route));
  }
  co_return out;
}

Task<Result<v1::RouteInfo>> GatewayService::put_route_override(CallContext context, v1::PutRouteOverrideRequest request) {
  EMP_CO_TRY(find(request.id));
  EMP_CO_TRY(co_await store_.put(context, request.id, {request.reason, request.until, request.mode == v1::OverrideMode::disabled}));
  EMP_CO_TRY(co_await reload());
  co_return find(request.id);
}

Task<Result<v1::RouteInfo>> GatewayService::delete_route_override(CallContext context, v1::DeleteRouteOverrideRequest request) {
  EMP_CO_TRY(find(request.id));
  EMP_CO_TRY(co_await store_.remove(context, request.id));
  EMP_CO_TRY(co_await reload());
  co_return find(request.id);
}

}  // namespace emporion::gateway
