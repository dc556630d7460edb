#include "apps/emporion/load/buyer.hpp"

#include <array>
#include <optional>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::load {
namespace {

using http::Method;

constexpr milliseconds look_pause{50};
constexpr int looks_max = 1'200;  // A minute.

std::int64_t fee_of(const json::Value& option) {
  const auto fee = option.member("fee");
  const auto amount = fee ? fee->member("amount") : std::nullopt;
  return amount ? amount->integer().value_or(0) : 0;
}

std::string member_text(const json::Value& object, std::string_view name) {
  const auto member = object.member(name);
  return std::string(member ? member->string().value_or("") : "");
}

void write_line(json::Writer& writer, const Line& line) { writer.key("sku").string(line.sku).key("qty").integer(line.units); }

}  // namespace

std::string a_new_name(Random& random) {
  std::array<std::uint8_t, 20> bytes{};
  random.fill(bytes);
  std::string out;
  for (const auto byte : bytes) out.push_back(static_cast<char>('a' + byte % 26));
  return out;
}

std::string cheapest_on_delivery(const std::string& shipping_methods) {
  const auto document = json::Document::parse(shipping_methods);
  if (!document) return {};
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("selections").begin_array();
  std::size_t chosen = 0, groups = 0;
  if (const auto list = document->root().member("groups")) {
    list->for_each_element([&](json::Value group) {
      ++groups;
      std::optional<std::string> best;
      std::int64_t lowest = 0;
      if (const auto options = group.member("options")) {
        options->for_each_element([&](json::Value option) {
          const auto cod = option.member("cod_allowed");
          if (!cod || !cod->boolean().value_or(false) || (best && fee_of(option) >= lowest)) return true;
          best = member_text(option, "method_id");
          lowest = fee_of(option);
          return true;
        });
      }
      if (!best) return true;
      writer.begin_object().key("group_key").string(member_text(group, "group_key")).key("method_id").string(*best).end_object();
      ++chosen;
      return true;
    });
  }
  writer.end_array().end_object();
  return groups > 0 && chosen == groups ? out : std::string();
}

Buyer::Buyer(const Delivery& delivery, std::string name) : delivery_(delivery), name_(std::move(name)) {}

Call Buyer::at_session(std::string_view step, Method method, std::string_view part, std::string body) const {
  return {.step = step, .method = method, .path = text("/api/v1/checkout/", session_, part), .body = std::move(body)};
}

Task<Reply> Buyer::add(Connection& connection, Line line) {
  connection.use(&jar_);
  Call call{.step = "cart item", .method = Method::post, .path = "/api/v1/cart/items", .key = text(name_, '-', line.sku)};
  json::Writer writer(call.body);
  writer.begin_object();
  write_line(writer, line);
  if (!delivery_.currency.empty()) writer.key("currency").string(delivery_.currency);
  writer.end_object();
  co_return co_await connection.send(std::move(call));
}

Task<Reply> Buyer::add_all(Connection& connection, std::vector<Line> lines) {
  connection.use(&jar_);
  Call call{.step = "cart items", .method = Method::post, .path = "/api/v1/cart/items:batch", .key = name_ + "-cart"};
  json::Writer writer(call.body);
  writer.begin_object().key("items").begin_array();
  for (const auto& line : lines) {
    writer.begin_object();
    write_line(writer, line);
    writer.end_object();
  }
  writer.end_array();
  if (!delivery_.currency.empty()) writer.key("currency").string(delivery_.currency);
  writer.end_object();
  co_return co_await connection.send(std::move(call));
}

Task<Reply> Buyer::choose_shipping(Connection& connection) {
  auto reply = co_await connection.send(at_session("shipping methods", Method::get, "/shipping-methods"));
  if (!reply.ok()) co_return reply;
  std::string selections = cheapest_on_delivery(reply.body);
  if (selections.empty()) co_return connection.refuse("shipping methods", "NO_METHOD_ON_DELIVERY");
  co_return co_await connection.send(at_session("select shipping", Method::put, "/shipping-method", std::move(selections)));
}

Task<Reply> Buyer::prepare(Connection& connection) {
  connection.use(&jar_);
  auto reply = co_await connection.send({.step = "checkout", .method = Method::post, .path = "/api/v1/checkout", .body = "{}", .key = name_ + "-checkout"});
  if (!reply.ok()) co_return reply;
  session_ = text_in(reply.body, "checkout.id");
  if (session_.empty()) co_return connection.refuse("checkout", "NO_CHECKOUT_ID");
  reply = co_await connection.send(at_session("contact", Method::put, "/contact", text(R"({"contact":{"email":")", name_, R"(@load.example"}})")));
  if (!reply.ok()) co_return reply;
  reply = co_await connection.send(at_session("shipping address", Method::put, "/shipping-address", text(R"({"address":)", delivery_.address_json, "}")));
  if (!reply.ok()) co_return reply;
  reply = co_await choose_shipping(connection);
  if (!reply.ok()) co_return reply;
  reply = co_await connection.send(at_session("select payment", Method::put, "/payment-method", R"({"payment":{"method":"cod"}})"));
  if (!reply.ok()) co_return reply;
  reply = co_await connection.send(at_session("preview", Method::post, "/preview", "{}"));
  if (!reply.ok()) co_return reply;
  const auto document = json::Document::parse(reply.body);
  const auto quote = document ? document->root().member("quote") : std::nullopt;
  const auto totals = quote ? quote->member("totals") : std::nullopt;
  const auto total = totals ? totals->member("grand_total") : std::nullopt;
  if (!total) co_return connection.refuse("preview", "NO_TOTAL");
  confirmation_.clear();
  json::Writer writer(confirmation_);
  writer.begin_object().key("quote_id").string(member_text(*quote, "id")).key("expected_total").raw(total->to_json());
  writer.key("terms_accepted").boolean(true).end_object();
  co_return reply;
}

Task<Purchase> Buyer::confirm(Connection& connection) {
  connection.use(&jar_);
  Call call = at_session("confirm", Method::post, "/confirm", std::move(confirmation_));
  call.key = name_ + "-confirm";
  auto reply = co_await connection.send(std::move(call));
  for (int looks = 0; looks < looks_max && reply.ok(); ++looks) {
    const std::string status = text_in(reply.body, "status");
    if (status == "confirmed") co_return Purchase::placed;
    if (status != "processing" && status != "payment_processing") {
      const std::string reason = text_in(reply.body, "failure.reason");
      connection.refuse("confirm", reason.empty() ? status : reason);
      co_return Purchase::refused;
    }
    co_await connection.pause(look_pause);
    reply = co_await connection.send(at_session("confirmation", Method::get, "/confirmation"));
  }
  co_return reply.ok() || reply.is_unknown ? Purchase::unknown : Purchase::refused;
}

}  // namespace emporion::load
