#include "bench/checkout/buyer.hpp"

#include <optional>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"

namespace emporion::bench {
namespace {

using http::Method;

constexpr int looks_max = 50;

std::optional<json::Value> at_path(json::Value at, std::string_view path) {
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    const auto member = at.member(path.substr(0, dot));
    if (!member) return std::nullopt;
    at = *member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

std::string string_at(const json::Value& root, std::string_view path) {
  const auto value = at_path(root, path);
  const auto found = value ? value->string() : std::nullopt;
  return std::string(found.value_or(""));
}

std::string string_in(const std::string& body, std::string_view path) {
  const auto document = json::Document::parse(body);
  return document ? string_at(document->root(), path) : std::string();
}

/// The first way for every parcel that can be paid on delivery. Empty if a parcel has none.
std::string selections_of(const json::Value& root) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("selections").begin_array();
  std::size_t chosen = 0, groups = 0;
  if (const auto list = root.member("groups")) {
    list->for_each_element([&](json::Value group) {
      ++groups;
      const auto options = group.member("options");
      if (!options) return true;
      options->for_each_element([&](json::Value option) {
        const auto cod = option.member("cod_allowed");
        if (!cod || !cod->boolean().value_or(false)) return true;
        writer.begin_object().key("group_key").string(string_at(group, "group_key")).key("method_id").string(string_at(option, "method_id")).end_object();
        ++chosen;
        return false;
      });
      return true;
    });
  }
  writer.end_array().end_object();
  return groups > 0 && chosen == groups ? out : std::string();
}

}  // namespace

Buyer::Buyer(http::Client& client, const std::string& url, Figures& figures, std::string name)
    : client_(client), url_(url), figures_(figures), name_(std::move(name)) {}

std::string Buyer::at_session(std::string_view part) const { return text("/api/v1/checkout/", session_, part); }

Task<bool> Buyer::call(std::string_view step, Method method, std::string path, std::string body, std::string key) {
  http::ClientRequest request{.method = method, .url = url_ + path, .headers = {}, .body = std::move(body), .timeout = milliseconds(40'000)};
  if (!request.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  if (!key.empty()) request.headers.push_back({"Idempotency-Key", std::move(key)});
  if (!cart_token_.empty()) request.headers.push_back({"Cookie", "cart_token=" + cart_token_});
  const auto start = std::chrono::steady_clock::now();
  auto response = co_await client_.send(std::move(request));
  if (!response) {
    reply_ = {};
    figures_.refused(step, response.error().reason());
    co_return false;
  }
  figures_.answered(step, std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start), response->status >= 400);
  for (const auto& header : response->headers) {
    constexpr std::string_view wanted = "cart_token=";
    if (ascii_lower(header.name) == "set-cookie" && header.value.starts_with(wanted)) {
      cart_token_ = header.value.substr(wanted.size(), header.value.find(';') - wanted.size());
    }
  }
  reply_ = {.status = response->status, .body = std::move(response->body)};
  if (reply_.status < 400) co_return true;
  const std::string reason = string_in(reply_.body, "reason");
  figures_.refused(step, reason.empty() ? text("status ", reply_.status) : reason);
  co_return false;
}

Task<bool> Buyer::choose_shipping() {
  if (!co_await call("shipping methods", Method::get, at_session("/shipping-methods"), {})) co_return false;
  const auto document = json::Document::parse(reply_.body);
  std::string selections = document ? selections_of(document->root()) : std::string();
  if (selections.empty()) {
    figures_.refused("shipping methods", "no way that can be paid on delivery");
    co_return false;
  }
  co_return co_await call("select shipping", Method::put, at_session("/shipping-method"), std::move(selections));
}

Task<bool> Buyer::prepare(std::vector<std::string> skus) {
  for (const auto& sku : skus) {
    if (!co_await call("cart item", Method::post, "/api/v1/cart/items", text(R"({"sku":")", sku, R"(","qty":1})"), text(name_, '-', sku))) co_return false;
  }
  if (!co_await call("checkout", Method::post, "/api/v1/checkout", "{}", name_ + "-checkout")) co_return false;
  session_ = string_in(reply_.body, "checkout.id");
  if (!co_await call("contact", Method::put, at_session("/contact"), text(R"({"contact":{"email":")", name_, R"(@bench.example"}})"))) co_return false;
  constexpr auto address =
      R"({"address":{"name":"Guest of the shop","country":"GB","region_code":"GB-ENG","city":"London","line1":"1 Market Street","postal_code":"EC1A 1BB"}})";
  if (!co_await call("shipping address", Method::put, at_session("/shipping-address"), address)) co_return false;
  if (!co_await choose_shipping()) co_return false;
  if (!co_await call("select payment", Method::put, at_session("/payment-method"), R"({"payment":{"method":"cod"}})")) co_return false;
  if (!co_await call("preview", Method::post, at_session("/preview"), "{}")) co_return false;
  const auto document = json::Document::parse(reply_.body);
  const auto total = document ? at_path(document->root(), "quote.totals.grand_total") : std::nullopt;
  if (!total) {
    figures_.refused("preview", "no total");
    co_return false;
  }
  confirmation_.clear();
  json::Writer writer(confirmation_);
  writer.begin_object().key("quote_id").string(string_at(document->root(), "quote.id")).key("expected_total").raw(total->to_json());
  writer.key("terms_accepted").boolean(true).end_object();
  co_return true;
}

Task<bool> Buyer::confirm() {
  if (!co_await call("confirm", Method::post, at_session("/confirm"), std::move(confirmation_), name_ + "-confirm")) co_return false;
  for (int looks = 0; looks < looks_max; ++looks) {
    const std::string status = string_in(reply_.body, "status");
    if (status == "confirmed") co_return true;
    if (status != "processing") {
      figures_.refused("confirm", status);
      co_return false;
    }
    if (!co_await call("confirmation", Method::get, at_session("/confirmation"), {})) co_return false;
  }
  figures_.refused("confirm", "still processing");
  co_return false;
}

}  // namespace emporion::bench
