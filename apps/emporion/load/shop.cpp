#include "apps/emporion/load/shop.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"

namespace emporion::load {
namespace {

using http::Method;

/// Where the demo shop delivers to, and the shop of the imported history. Nobody lives there.
constexpr auto usual_addresses = std::to_array<std::string_view>({
    R"({"name":"Guest of the shop","phone":"+84901234567","country":"VN","region_code":"VN-HN","city":"Hà Nội","line1":"1 Tràng Tiền"})",
    R"({"name":"Guest of the shop","country":"GB","region_code":"GB-ENG","city":"London","line1":"1 Market Street","postal_code":"EC1A 1BB"})",
});

constexpr int refusals_max = 20;  // One shop may have many articles that are sold out.

/// Before the clock starts nothing is counted.
class Nobody final : public Witness {
 public:
  void answered(std::string_view, int, microseconds, microseconds) override {}
  void refused(std::string_view, int, std::string_view) override {}
};

Error refusal(std::string_view step, const Reply& reply) {
  if (reply.status == 0 && !reply.is_unknown && reply.reason == "PROVIDER_UNREACHABLE") {
    return Error(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", "nobody answers there; is the shop served? (emporion up --demo shop)");
  }
  const char* const next_step = reply.status == 429 ? "; the gateway lets one address ask that often: raise gateway.rate.guest in the placement" : "";
  return Error(ErrorKind::unavailable, "SHOP_REFUSES", text("looking around, ", step, " was answered ", reply.status, " ", reply.reason, next_step));
}

void take_articles(const json::Value& page, std::vector<Shop::Article>& out) {
  const auto products = page.member("products");
  if (!products) return;
  products->for_each_element([&](json::Value product) {
    const auto id = product.member("id");
    const auto variants = product.member("variants");
    if (!id || !variants) return true;
    variants->for_each_element([&](json::Value variant) {
      const auto sku = variant.member("sku");
      const auto status = variant.member("status");
      if (sku && status && status->string() == "active") out.push_back({std::string(id->string().value_or("")), std::string(sku->string().value_or(""))});
      return true;
    });
    return true;
  });
}

/// A call that a busy shop turned away is made again after as long as it says.
Task<Reply> ask(Connection& connection, Call call) {
  Reply reply;
  for (int tries = 0; tries < 5; ++tries) {
    reply = co_await connection.send(call);
    if (reply.status != 429 && reply.status != 503) break;
    co_await connection.pause(seconds(std::clamp<std::int64_t>(reply.retry_after_s, 1, 15)));
  }
  co_return reply;
}

Task<Result<std::vector<Shop::Article>>> read_articles(Connection& connection, std::size_t articles_max) {
  std::vector<Shop::Article> out;
  std::string page;
  do {
    Call call{.step = "list", .path = text("/api/v1/catalog/products?page_size=100", page.empty() ? "" : "&page_token=" + page)};
    const auto reply = co_await ask(connection, std::move(call));
    if (!reply.ok()) co_return fail(refusal("the list of products", reply));
    const auto document = json::Document::parse(reply.body);
    if (!document) co_return fail(ErrorKind::unavailable, "SHOP_REFUSES", "the list of products is not JSON: is this an Emporion?");
    take_articles(document->root(), out);
    page = text_in(reply.body, "next_page_token");
  } while (!page.empty() && out.size() < articles_max);
  if (out.empty()) co_return fail(ErrorKind::rule_violated, "NOTHING_FOR_SALE", "the shop lists no product; emporion up --demo shop fills one");
  co_return out;
}

Task<std::vector<std::string>> read_categories(Connection& connection) {
  std::vector<std::string> out;
  const auto reply = co_await ask(connection, {.step = "categories", .path = "/api/v1/catalog/categories?page_size=100"});
  const auto document = json::Document::parse(reply.body);
  const auto list = reply.ok() && document ? document->root().member("categories") : std::nullopt;
  if (list) {
    list->for_each_element([&](json::Value category) {
      if (const auto id = category.member("id")) out.emplace_back(id->string().value_or(""));
      return true;
    });
  }
  co_return out;
}

/// Tries to have one article sent to each address, as a guest who leaves before the end.
Task<Result<Delivery>> find_delivery(Connection& connection, const Scenario& scenario, const std::vector<std::string>& skus) {
  SystemRandom random;
  Reply added{.reason = "none was tried"};
  Delivery delivery{.address_json = {}, .currency = scenario.currency};
  std::optional<Buyer> buyer;  // Its jar is used until the end.
  for (std::size_t i = 0; i < skus.size() && i < refusals_max && !added.ok(); ++i) {
    buyer.emplace(delivery, a_new_name(random));
    added = co_await buyer->add(connection, {.sku = skus[i]});
  }
  if (!added.ok()) co_return fail(refusal("putting an article into a cart", added));
  const auto begun =
      co_await ask(connection, {.step = "checkout", .method = Method::post, .path = "/api/v1/checkout", .body = "{}", .key = a_new_name(random)});
  if (!begun.ok()) co_return fail(refusal("beginning a checkout", begun));
  const std::string at = "/api/v1/checkout/" + text_in(begun.body, "checkout.id");
  std::vector<std::string> addresses{scenario.address_json};
  if (scenario.address_json.empty()) addresses.assign(usual_addresses.begin(), usual_addresses.end());
  std::string heard;
  for (auto& address : addresses) {
    auto reply =
        co_await ask(connection, {.step = "address", .method = Method::put, .path = at + "/shipping-address", .body = text(R"({"address":)", address, "}")});
    if (reply.ok()) reply = co_await ask(connection, {.step = "shipping methods", .path = at + "/shipping-methods"});
    heard = reply.ok() ? "no way that can be paid on delivery" : reply.reason;
    if (!reply.ok() || cheapest_on_delivery(reply.body).empty()) continue;
    delivery.address_json = std::move(address);
    break;
  }
  (void)co_await ask(connection, {.step = "give up", .method = Method::del, .path = at});
  (void)co_await ask(connection, {.step = "give up", .method = Method::del, .path = "/api/v1/cart"});
  if (delivery.address_json.empty()) {
    co_return fail(ErrorKind::rule_violated, "NO_DELIVERY",
                   text("the shop delivers to none of the addresses tried, the last heard ", heard, "; give the scenario an address of its own"));
  }
  co_return delivery;
}

}  // namespace

Task<Result<Shop>> look_around(Runtime& runtime, Target target, const Scenario& scenario, std::size_t articles_max) {
  Nobody nobody;
  Connection connection(runtime, target, nobody);
  Shop out;
  EMP_CO_ASSIGN(out.articles, co_await read_articles(connection, articles_max));
  out.categories = co_await read_categories(connection);
  std::vector<std::string> to_buy;
  bool buys = false;
  for (const auto& journey : scenario.journeys) {
    if (journey.lines_max == 0) continue;
    buys = true;
    to_buy.insert(to_buy.end(), journey.skus.begin(), journey.skus.end());
    if (journey.skus.empty() && static_cast<std::size_t>(journey.lines_max) > out.articles.size()) {
      co_return fail(ErrorKind::rule_violated, "TOO_FEW_ARTICLES",
                     text("an order of ", to_string(journey.errand), " has up to ", journey.lines_max, " lines, and the shop sells ", out.articles.size(),
                          " articles; fill it, or give the scenario a smaller lines_max"));
    }
  }
  if (!buys) co_return out;
  if (to_buy.empty()) {
    for (const auto& article : out.articles) to_buy.push_back(article.sku);
  }
  EMP_CO_ASSIGN(out.delivery, co_await find_delivery(connection, scenario, to_buy));
  co_return out;
}

}  // namespace emporion::load
