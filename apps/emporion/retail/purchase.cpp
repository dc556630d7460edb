#include "apps/emporion/retail/purchase.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::app::retail {
namespace {

using Kind = PurchaseOutcome::Kind;
using http::Method;

constexpr int attempts_max = 5;
constexpr int confirms_max = 5;
constexpr int looks_max = 120;  // At a cart or a confirmation under way, half a second apart.
constexpr milliseconds look_pause{500};

PurchaseOutcome refused(std::string_view step, std::string_view reason) { return {.kind = Kind::refused, .reason = text(step, ' ', reason)}; }
PurchaseOutcome unanswered(const Error& error) {
  if (error.reason() == "UNANSWERED") return {.kind = Kind::unanswered, .reason = error.detail()};
  return refused("act as customer", error.reason());
}

/// One text per content of an order, whatever the order of its lines.
std::string signature_of(std::vector<OrderItem> items) {
  std::ranges::sort(items, {}, &OrderItem::code);
  std::string out;
  for (const auto& item : items) out += text(item.code, ':', item.quantity, ' ');
  return security::sha256(out);
}

std::string cart_body(const std::vector<OrderItem>& items) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("currency").string("GBP").key("items").begin_array();
  for (const auto& item : items) writer.begin_object().key("sku").string(item.code).key("qty").integer(item.quantity).end_object();
  writer.end_array().end_object();
  return out;
}

std::string contact_body(const Invoice& invoice) {
  std::string out;
  json::Writer writer(out);
  const std::string who = invoice.customer.empty() ? text("guest-", invoice.number) : text("customer-", invoice.customer);
  writer.begin_object().key("contact").begin_object().key("email").string(text(who, "@retail.example")).end_object().end_object();
  return out;
}

std::string address_body(const Invoice& invoice) {
  const PlausibleAddress address = plausible_address(*invoice.country, invoice.customer);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("address").begin_object().key("name").string(address.name).key("country").string(address.country);
  if (!address.region.empty()) writer.key("region_code").string(address.region);
  writer.key("city").string(address.city).key("line1").string(address.line1);
  if (!address.postal_code.empty()) writer.key("postal_code").string(address.postal_code);
  writer.end_object().end_object();
  return out;
}

/// The cheapest way for every parcel that can be paid on delivery. Empty if a parcel has none.
std::string cheapest_methods(const json::Value& root) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("selections").begin_array();
  bool all = true;
  std::size_t groups = 0;
  if (const auto list = root.member("groups")) {
    list->for_each_element([&](json::Value group) {
      std::optional<std::string> best;
      std::int64_t lowest = 0;
      if (const auto options = group.member("options")) {
        options->for_each_element([&](json::Value option) {
          const auto fee = at_path(option, "fee.amount");
          const auto cod = option.member("cod_allowed");
          const std::int64_t amount = fee ? fee->integer().value_or(0) : 0;
          if (cod && cod->boolean().value_or(false) && (!best || amount < lowest)) {
            best = string_at(option, "method_id");
            lowest = amount;
          }
          return true;
        });
      }
      all = all && best.has_value();
      if (best) writer.begin_object().key("group_key").string(string_at(group, "group_key").value_or("")).key("method_id").string(*best).end_object();
      ++groups;
      return true;
    });
  }
  writer.end_array().end_object();
  return all && groups > 0 ? out : std::string();
}

}  // namespace

Purchases::Attempt Purchases::attempt_of(const Invoice& invoice, int number) const {
  Attempt out;
  out.key = text("or-", fingerprint_.substr(0, 16), '-', invoice.number, '-', number);
  out.buyer.customer = invoice.customer;
  if (invoice.customer.empty()) out.buyer.cart_token = security::base64url(security::sha256("online-retail guest " + fingerprint_ + out.key));
  return out;
}

Task<PurchaseOutcome> Purchases::place(Invoice invoice, std::vector<OrderItem> items) {
  const std::string body = cart_body(items);
  int looks = 0;
  for (int number = 1; number <= attempts_max; ++number) {
    const Attempt attempt = attempt_of(invoice, number);
    Call call{.step = "cart", .method = Method::post, .path = "/api/v1/cart/items:batch", .body = body, .key = text(attempt.key, "-cart")};
    const auto added = co_await shop_.send(attempt.buyer, std::move(call));
    if (!added) co_return unanswered(added.error());
    if (added->reason == "CART_LOCKED" && looks < looks_max) {  // An earlier run died while this cart was being bought.
      ++looks;
      --number;
      co_await runtime_.sleep_for(look_pause);
      continue;
    }
    if (added->replayed) {
      auto earlier = co_await find_earlier(attempt, items);
      if (!earlier) co_return unanswered(earlier.error());
      if (earlier->kind == Kind::placed_before) co_return std::move(*earlier);
      co_await give_up(attempt, "");
      continue;
    }
    if (!added->ok()) {
      co_await give_up(attempt, "");
      co_return refused("cart", added->reason);
    }
    co_return co_await buy(std::move(invoice), attempt);
  }
  co_return refused("cart", "ATTEMPTS_EXHAUSTED");
}

Task<PurchaseOutcome> Purchases::buy(Invoice invoice, Attempt attempt) {
  Call begin{.step = "checkout", .method = Method::post, .path = "/api/v1/checkout", .body = "{}", .key = text(attempt.key, "-checkout")};
  const auto started = co_await shop_.send(attempt.buyer, std::move(begin));
  if (!started) co_return unanswered(started.error());
  std::string session;
  if (const auto document = json::Document::parse(started->body); started->ok() && document) session = string_at(document->root(), "checkout.id").value_or("");
  if (session.empty()) {
    co_await give_up(attempt, "");
    co_return refused("checkout", started->reason);
  }
  const std::string at = "/api/v1/checkout/" + session;
  std::vector<Call> steps;
  steps.push_back({.step = "contact", .method = Method::put, .path = at + "/contact", .body = contact_body(invoice)});
  steps.push_back({.step = "shipping address", .method = Method::put, .path = at + "/shipping-address", .body = address_body(invoice)});
  steps.push_back({.step = "select payment", .method = Method::put, .path = at + "/payment-method", .body = R"({"payment":{"method":"cod"}})"});
  for (auto& step : steps) {
    const std::string_view name = step.step;
    const auto answer = co_await shop_.send(attempt.buyer, std::move(step));
    if (!answer) co_return unanswered(answer.error());
    if (answer->ok()) continue;
    co_await give_up(attempt, session);
    co_return refused(name, answer->reason);
  }
  co_return co_await confirm(attempt, session);
}

Task<Result<std::string>> Purchases::choose_shipping(Attempt attempt, std::string session) {
  const std::string at = "/api/v1/checkout/" + session;
  EMP_CO_ASSIGN(const auto listed, co_await shop_.send(attempt.buyer, {.step = "shipping methods", .method = Method::get, .path = at + "/shipping-methods"}));
  if (!listed.ok()) co_return text("shipping methods ", listed.reason);
  EMP_CO_ASSIGN(const auto document, json::Document::parse(listed.body));
  std::string selections = cheapest_methods(document.root());
  if (selections.empty()) co_return std::string("shipping methods NO_METHOD_ON_DELIVERY");
  Call call{.step = "select shipping", .method = Method::put, .path = at + "/shipping-method", .body = std::move(selections)};
  EMP_CO_ASSIGN(const auto selected, co_await shop_.send(attempt.buyer, std::move(call)));
  co_return selected.ok() ? std::string() : text("select shipping ", selected.reason);
}

Task<PurchaseOutcome> Purchases::confirm(Attempt attempt, std::string session) {
  const std::string at = "/api/v1/checkout/" + session;
  PurchaseOutcome last = refused("confirm", "ATTEMPTS_EXHAUSTED");
  for (int number = 1; number <= confirms_max; ++number) {
    // Other buyers may have emptied a warehouse since, so that the order makes other parcels now: each try chooses anew.
    const auto unchosen = co_await choose_shipping(attempt, session);
    if (!unchosen) co_return unanswered(unchosen.error());
    if (unchosen->ends_with(" METHOD_UNAVAILABLE") && number < confirms_max) continue;
    if (!unchosen->empty()) {
      co_await give_up(attempt, session);
      co_return PurchaseOutcome{.kind = Kind::refused, .reason = *unchosen};
    }
    const auto quoted = co_await shop_.send(attempt.buyer, {.step = "preview", .method = Method::post, .path = at + "/preview", .body = "{}"});
    if (!quoted) co_return unanswered(quoted.error());
    const auto quote = json::Document::parse(quoted->body);
    const auto total = quoted->ok() && quote ? at_path(quote->root(), "quote.totals.grand_total") : std::nullopt;
    if (!total) {
      co_await give_up(attempt, session);
      co_return refused("preview", quoted->reason);
    }
    Call call{.step = "confirm", .method = Method::post, .path = at + "/confirm", .key = text(attempt.key, "-confirm-", number), .repeat_unavailable = false};
    json::Writer writer(call.body);
    writer.begin_object().key("quote_id").string(string_at(quote->root(), "quote.id").value_or("")).key("expected_total").raw(total->to_json());
    writer.key("terms_accepted").boolean(true).end_object();
    const auto answer = co_await shop_.send(attempt.buyer, std::move(call));
    if (!answer) co_return unanswered(answer.error());
    if (answer->ok()) {
      const auto document = json::Document::parse(answer->body);
      if (answer->status != 202 && document) co_return PurchaseOutcome{.kind = Kind::placed, .order_id = string_at(document->root(), "order_id").value_or("")};
      co_return co_await follow(attempt, session);
    }
    if (answer->reason == "CHECKOUT_IN_PROGRESS") co_return co_await follow(attempt, session);
    last = refused("confirm", answer->reason);
    const bool may_succeed_now = answer->status == 503 || answer->reason == "QUOTE_EXPIRED" || answer->reason == "PRICE_CHANGED" ||
                                 answer->reason == "CART_CHANGED" || answer->reason == "INCOMPLETE";
    if (!may_succeed_now) break;
    if (answer->status == 503) co_await runtime_.sleep_for(look_pause);
  }
  co_await give_up(attempt, session);
  co_return last;
}

Task<PurchaseOutcome> Purchases::follow(Attempt attempt, std::string session) {
  for (int looks = 0; looks < looks_max; ++looks) {
    const auto answer =
        co_await shop_.send(attempt.buyer, {.step = "confirmation", .method = Method::get, .path = text("/api/v1/checkout/", session, "/confirmation")});
    if (!answer) co_return unanswered(answer.error());
    const auto document = json::Document::parse(answer->body);
    const std::string status = document ? string_at(document->root(), "status").value_or("") : "";
    if (status == "confirmed") co_return PurchaseOutcome{.kind = Kind::placed, .order_id = string_at(document->root(), "order_id").value_or("")};
    if (status != "processing" && status != "payment_processing") {
      const std::string reason = document ? string_at(document->root(), "failure.reason").value_or(answer->reason) : answer->reason;
      co_await give_up(attempt, session);
      co_return refused("confirm", reason.empty() ? status : reason);
    }
    co_await runtime_.sleep_for(look_pause);
  }
  co_return PurchaseOutcome{.kind = Kind::unanswered, .reason = text("checkout ", session, " is still being processed")};
}

Task<void> Purchases::give_up(Attempt attempt, std::string session) {
  if (!session.empty()) (void)co_await shop_.send(attempt.buyer, {.step = "give up", .method = Method::del, .path = "/api/v1/checkout/" + session});
  (void)co_await shop_.send(attempt.buyer, {.step = "give up", .method = Method::del, .path = "/api/v1/cart"});
}

Task<Result<PurchaseOutcome>> Purchases::find_earlier(Attempt attempt, std::vector<OrderItem> items) {
  const std::string customer = attempt.buyer.customer;
  if (customer.empty()) {
    // A guest's cart is used for one order only: it is gone once that order stands.
    for (int looks = 0; looks < looks_max; ++looks) {
      EMP_CO_ASSIGN(const auto answer, co_await shop_.send(attempt.buyer, {.step = "look for earlier", .path = "/api/v1/cart"}));
      EMP_CO_ASSIGN(const auto document, json::Document::parse(answer.body));
      if (!string_at(document.root(), "cart.id")) co_return PurchaseOutcome{.kind = Kind::placed_before};
      if (string_at(document.root(), "cart.status").value_or("") != "locked") break;
      co_await runtime_.sleep_for(look_pause);
    }
    co_return PurchaseOutcome{.kind = Kind::refused};
  }
  if (!earlier_.contains(customer)) EMP_CO_TRY(co_await load_earlier(customer));
  auto& of_customer = earlier_[customer];
  const auto same = of_customer.find(signature_of(std::move(items)));
  if (same == of_customer.end() || same->second.empty()) co_return PurchaseOutcome{.kind = Kind::refused};
  std::string order = std::move(same->second.back());  // Listed newest first: the oldest of several equal ones.
  same->second.pop_back();
  co_return PurchaseOutcome{.kind = Kind::placed_before, .order_id = std::move(order)};
}

Task<Result<>> Purchases::load_earlier(std::string customer) {
  const Buyer buyer{.customer = customer, .cart_token = {}};
  EMP_CO_ASSIGN(const auto id, co_await shop_.customer_id(customer));
  std::vector<std::string> orders;
  std::string page;
  do {
    const std::string path = text("/api/v1/customers/", id, "/orders?page_size=100", page.empty() ? "" : "&page_token=" + page);
    EMP_CO_ASSIGN(const auto answer, co_await shop_.send(buyer, {.step = "look for earlier", .path = path}));
    EMP_CO_ASSIGN(const auto document, json::Document::parse(answer.body));
    if (const auto list = document.root().member("orders")) {
      list->for_each_element([&](json::Value order) {
        orders.push_back(string_at(order, "id").value_or(""));
        return true;
      });
    }
    page = string_at(document.root(), "next_page_token").value_or("");
  } while (!page.empty());
  auto& of_customer = earlier_[customer];
  for (const auto& order : orders) {
    EMP_CO_ASSIGN(const auto answer, co_await shop_.send(buyer, {.step = "look for earlier", .path = "/api/v1/orders/" + order}));
    EMP_CO_ASSIGN(const auto document, json::Document::parse(answer.body));
    const std::string status = string_at(document.root(), "status").value_or("");
    if (!document.root().member("confirmed_at") || status == "pending_payment") continue;  // Never stood.
    std::vector<OrderItem> items;
    if (const auto lines = document.root().member("lines")) {
      lines->for_each_element([&](json::Value line) {
        const auto quantity = line.member("qty");
        items.push_back({string_at(line, "sku").value_or(""), quantity ? quantity->integer().value_or(0) : 0});
        return true;
      });
    }
    of_customer[signature_of(std::move(items))].push_back(order);
  }
  co_return Result<>();
}

Task<std::string> Purchases::cancel(std::string customer, std::string number, OrderBook::Taking taking) {
  const Buyer buyer{.customer = customer, .cart_token = {}};
  const std::string at = "/api/v1/orders/" + taking.order_id;
  Call call{.step = taking.is_whole ? "cancel order" : "cancel items",
            .method = Method::post,
            .path = at + (taking.is_whole ? "/cancel" : "/cancel-items"),
            .key = text("or-", fingerprint_.substr(0, 16), '-', number, '-', taking.order_id)};
  json::Writer writer(call.body);
  writer.begin_object().key("reason").string("cancelled by " + number);
  if (!taking.is_whole) {
    const auto order = co_await shop_.send(buyer, {.step = "read order", .path = at});
    if (!order) co_return unanswered(order.error()).reason;
    if (!order->ok()) co_return text("read order ", order->reason);
    const auto document = json::Document::parse(order->body);
    if (!document) co_return std::string("read order MALFORMED_JSON");
    std::unordered_map<std::string, std::int64_t> line_of;
    if (const auto lines = document->root().member("lines")) {
      lines->for_each_element([&](json::Value line) {
        const auto no = line.member("line_no");
        line_of.emplace(string_at(line, "sku").value_or(""), no ? no->integer().value_or(0) : 0);
        return true;
      });
    }
    writer.key("items").begin_array();
    for (const auto& item : taking.items) writer.begin_object().key("line_no").integer(line_of[item.code]).key("qty").integer(item.quantity).end_object();
    writer.end_array();
  }
  writer.end_object();
  const std::string_view step = call.step;
  const auto answer = co_await shop_.send(buyer, std::move(call));
  if (!answer) co_return unanswered(answer.error()).reason;
  co_return answer->ok() ? std::string() : text(step, ' ', answer->reason);
}

}  // namespace emporion::app::retail
