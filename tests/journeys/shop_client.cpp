#include "tests/journeys/shop_client.hpp"

#include <charconv>

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::journeys {

std::string member_of(const std::string& body, std::string_view path) {
  const auto document = json::Document::parse(body);
  if (!document) return {};
  auto value = document->root();
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    const std::string_view name = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (value.type() == json::Type::array) {
      std::size_t wanted = 0, at = 0;
      std::from_chars(name.data(), name.data() + name.size(), wanted);
      bool found = false;
      value.for_each_element([&](json::Value element) {
        if (at++ != wanted) return true;
        value = element;
        found = true;
        return false;
      });
      if (!found) return {};
      continue;
    }
    const auto member = value.member(name);
    if (!member) return {};
    value = *member;
  }
  if (const auto string = value.string()) return std::string(*string);
  return value.to_json();
}

Task<Reply> Buyer::call(http::Method method, std::string path, std::string body, std::string key) {
  http::ClientRequest request;
  request.method = method;
  request.url = url_ + path;
  request.timeout = milliseconds(40'000);
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  if (!key.empty()) request.headers.push_back({"Idempotency-Key", key});
  if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_});
  if (!cart_token_.empty()) request.headers.push_back({"Cookie", "cart_token=" + cart_token_});
  if (!traceparent_.empty()) request.headers.push_back({"traceparent", traceparent_});
  request.body = std::move(body);
  auto response = co_await client_.send(std::move(request));
  if (!response) co_return Reply{0, response.error().reason(), response.error().detail()};
  for (const auto& header : response->headers) {
    if (ascii_lower(header.name) != "set-cookie" || !header.value.starts_with("cart_token=")) continue;
    cart_token_ = header.value.substr(11, header.value.find(';') - 11);
  }
  Reply out{response->status, {}, std::move(response->body)};
  if (out.status >= 400) out.reason = member_of(out.body, "reason");
  co_return out;
}

Task<Reply> Buyer::prepare(std::string sku, std::int32_t qty, std::string name, std::string payment) {
  using http::Method;
  auto reply = co_await call(Method::post, "/api/v1/cart/items", text(R"({"sku":")", sku, R"(","qty":)", qty, "}"), "add-" + name);
  if (reply.status != 200) co_return reply;
  reply = co_await call(Method::post, "/api/v1/checkout", "{}", "start-" + name);
  if (reply.status >= 300) co_return reply;
  session_ = member_of(reply.body, "checkout.id");
  const std::string at = "/api/v1/checkout/" + session_;
  reply = co_await call(Method::put, at + "/contact", text(R"({"contact":{"email":")", name, R"(@example.com"}})"));
  if (reply.status != 200) co_return reply;
  reply =
      co_await call(Method::put, at + "/shipping-address",
                    R"({"address":{"name":"Mai Tran","phone":"+84901234567","country":"VN","region_code":"VN-HN","city":"Hà Nội","line1":"1 Tràng Tiền"}})");
  if (reply.status != 200) co_return reply;
  reply = co_await call(Method::get, at + "/shipping-methods");
  if (reply.status != 200) co_return reply;
  const auto methods = parse_json<checkout::v1::ListShippingMethodsResponse>(reply.body);
  if (!methods) co_return Reply{0, methods.error().reason(), methods.error().detail()};
  std::string selections = R"({"selections":[)";
  for (const auto& group : methods->groups) {
    if (selections.back() == '}') selections += ',';
    selections += text(R"({"group_key":")", group.group_key, R"(","method_id":")", group.options.empty() ? "" : group.options.front().method_id, R"("})");
  }
  reply = co_await call(Method::put, at + "/shipping-method", selections + "]}");
  if (reply.status != 200) co_return reply;
  if (payment.empty()) co_return co_await preview();
  reply = co_await call(Method::put, at + "/payment-method", text(R"({"payment":)", payment, "}"));
  if (reply.status != 200) co_return reply;
  co_return co_await preview();
}

Task<Reply> Buyer::preview() {
  auto reply = co_await call(http::Method::post, "/api/v1/checkout/" + session_ + "/preview", "{}");
  if (reply.status != 200) co_return reply;
  const auto preview = parse_json<checkout::v1::PreviewResponse>(reply.body);
  if (!preview) co_return Reply{0, preview.error().reason(), preview.error().detail()};
  quote_ = preview->quote.id.to_string();
  total_ = preview->quote.totals.grand_total;
  co_return reply;
}

Task<Reply> Buyer::use_coupon(std::string code) {
  auto reply = co_await call(http::Method::post, "/api/v1/cart/coupons", text(R"({"code":")", code, R"("})"));
  if (reply.status != 200) co_return reply;
  co_return co_await preview();
}

Task<Reply> Buyer::use_gift_card(std::string code, std::int64_t max) {
  const std::string limit = max > 0 ? text(R"(,"max_amount":{"amount":)", max, R"(,"currency":")", total_.currency().code(), R"("})") : std::string();
  auto reply = co_await call(http::Method::put, "/api/v1/checkout/" + session_ + "/credits", text(R"({"gift_cards":[{"code":")", code, R"(")", limit, "}]}"));
  if (reply.status != 200) co_return reply;
  co_return co_await preview();
}

Task<Reply> Buyer::confirm(std::string key) {
  co_return co_await call(http::Method::post, "/api/v1/checkout/" + session_ + "/confirm",
                          text(R"({"quote_id":")", quote_, R"(","expected_total":{"amount":)", total_.amount(), R"(,"currency":")", total_.currency().code(),
                               R"("},"terms_accepted":true})"),
                          key);
}

}  // namespace emporion::journeys
