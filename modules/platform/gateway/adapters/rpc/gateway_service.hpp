#pragma once

#include "contracts/platform/gateway/v1/gateway_api.hpp"
#include "kernel/http/router.hpp"
#include "modules/platform/gateway/adapters/postgres/override_store.hpp"
#include "modules/platform/gateway/app/edge.hpp"

namespace emporion::gateway {

class GatewayService final : public v1::GatewayApi {
 public:
  GatewayService(Edge& edge, OverrideStore& store, const CsrfTokens& csrf_tokens) : edge_(edge), store_(store), csrf_tokens_(csrf_tokens) {}
  void use(const http::Router& router) noexcept { router_ = &router; }
  /// Reads the overrides again; the edge acts on them from then on.
  Task<Result<>> reload();

  Task<Result<v1::CsrfTokenResponse>> csrf_token(CallContext context, v1::CsrfTokenRequest request) override;
  Task<Result<v1::StatusResponse>> status(CallContext context, v1::StatusRequest request) override;
  Task<Result<v1::ListRoutesResponse>> list_routes(CallContext context, v1::ListRoutesRequest request) override;
  Task<Result<v1::RouteInfo>> put_route_override(CallContext context, v1::PutRouteOverrideRequest request) override;
  Task<Result<v1::RouteInfo>> delete_route_override(CallContext context, v1::DeleteRouteOverrideRequest request) override;

 private:
  Result<v1::RouteInfo> find(std::string_view id) const;
  v1::RouteInfo info_of(const http::Route& route) const;

  Edge& edge_;
  OverrideStore& store_;
  const CsrfTokens& csrf_tokens_;
  const http::Router* router_ = nullptr;
};

}  // namespace emporion::gateway
