#include "modules/logistics/shipping/adapters/demo_carrier/demo_carrier_gateway.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::shipping {
namespace {

Result<Booking> booking_of(const std::string& body) {
  EMP_ASSIGN(const auto document, json::Document::parse(body));
  const auto number = document.root().member("tracking_number");
  const auto at = document.root().member("at");
  if (!number || !number->string() || !at || !at->string()) return fail(ErrorKind::unavailable, "CARRIER_ANSWER_UNREADABLE", "no tracking number");
  EMP_ASSIGN(const UtcTime time, UtcTime::parse(*at->string()));
  return Booking{std::string(*number->string()), time};
}

Error refused(int status) {
  return Error(status >= 500 || status == 429 ? ErrorKind::unavailable : ErrorKind::rule_violated, "CARRIER_REFUSED", text("the carrier answered ", status));
}

}  // namespace

Task<Result<http::Response>> DemoCarrierGateway::send(CallContext context, http::Method method, std::string path, std::string body) {
  http::ClientRequest request{.method = method, .url = url_() + path, .headers = {}, .body = std::move(body), .timeout = timeout_};
  if (method == http::Method::post) request.headers.push_back({"Content-Type", "application/json"});
  co_return co_await client_.send(std::move(context), std::move(request));
}

Task<Result<Booking>> DemoCarrierGateway::book(CallContext context, BookingRequest request) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .key("reference")
      .string(request.reference.to_string())
      .key("currency")
      .string(request.currency)
      .key("weight_g")
      .integer(request.weight_g);
  writer.key("country").string(request.to.country);
  if (request.cod) writer.key("cod").raw(text("{\"amount\":", request.cod->amount(), ",\"currency\":\"", request.cod->currency(), "\"}"));
  writer.end_object();
  EMP_CO_ASSIGN(const auto response, co_await send(std::move(context), http::Method::post, "/v1/parcels", std::move(body)));
  if (response.status != 201) co_return fail(refused(response.status));
  co_return booking_of(response.body);
}

Task<Result<std::optional<Booking>>> DemoCarrierGateway::find(CallContext context, Uuid reference) {
  EMP_CO_ASSIGN(const auto response, co_await send(std::move(context), http::Method::get, text("/v1/parcels?reference=", reference), ""));
  if (response.status == 404) co_return std::nullopt;
  if (response.status != 200) co_return fail(refused(response.status));
  EMP_CO_ASSIGN(auto booking, booking_of(response.body));
  co_return std::optional(std::move(booking));
}

Task<Result<>> DemoCarrierGateway::hand_over(CallContext context, std::string tracking_number) {
  EMP_CO_ASSIGN(const auto response, co_await send(std::move(context), http::Method::post, text("/v1/parcels/", tracking_number, "/hand-over"), "{}"));
  if (response.status / 100 != 2) co_return fail(refused(response.status));
  co_return Result<>();
}

Task<Result<>> DemoCarrierGateway::cancel(CallContext context, std::string tracking_number) {
  EMP_CO_ASSIGN(const auto response, co_await send(std::move(context), http::Method::post, text("/v1/parcels/", tracking_number, "/cancel"), "{}"));
  if (response.status / 100 != 2) co_return fail(refused(response.status));
  co_return Result<>();
}

Task<Result<Booking>> OwnFleetGateway::book(CallContext, BookingRequest request) { co_return Booking{text("OWN-", request.reference), clock_.now()}; }

Task<Result<std::optional<Booking>>> OwnFleetGateway::find(CallContext, Uuid) { co_return std::nullopt; }

}  // namespace emporion::shipping
