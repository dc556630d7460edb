#include "apps/emporion/load/visit.hpp"

#include <algorithm>
#include <set>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::load {
namespace {

using Steady = std::chrono::steady_clock;

/// One visitor and what they are at.
class Visitor {
 public:
  Visitor(Market& market, Connection& connection, const Journey& journey) : market_(market), connection_(connection), journey_(journey) {}

  Task<bool> run() {
    switch (journey_.errand) {
      case Errand::browse: return browse();
      case Errand::list: return list();
      case Errand::buy: return buy();
      case Errand::flash_sale: return buy();
      case Errand::wholesale: return buy_wholesale();
    }
    EMP_ASSERT(false && "an errand that nobody knows");
  }
  seconds asked_to_wait() const noexcept { return asked_to_wait_; }

 private:
  bool went_well(const Reply& reply) {
    if (reply.status == 429 || reply.status == 503) asked_to_wait_ = seconds(std::clamp<std::int64_t>(reply.retry_after_s, 1, 10));
    return reply.ok();
  }
  Task<bool> get(std::string_view step, std::string path) {
    const auto reply = co_await connection_.send({.step = step, .path = std::move(path)});
    co_return went_well(reply);
  }
  /// Reads, compares, types. What the generator itself oversleeps counts as lateness of the next call.
  Task<void> think() {
    const auto& scenario = market_.scenario;
    if (market_.is_ending || scenario.think_max == microseconds(0)) co_return;
    const microseconds span(market_.dice.between(scenario.think_min.count(), scenario.think_max.count()));
    const auto wanted = Steady::now() + span;
    co_await connection_.pause(span);
    connection_.be_late(std::chrono::duration_cast<microseconds>(Steady::now() - wanted));
  }

  Task<bool> browse() {
    if (!co_await get("home", "/api/v1/home")) co_return false;
    for (std::int64_t i = 0; i < journey_.pages && !market_.is_ending; ++i) {
      co_await think();
      if (!co_await look_at(any_article().id)) co_return false;
    }
    co_return true;
  }
  Task<bool> list() {
    std::string path = "/api/v1/catalog/products";
    const auto& categories = market_.shop.categories;
    if (!categories.empty() && market_.dice.below(2) == 0) path += "?category_id=" + categories[market_.dice.below(categories.size())];
    std::string next;
    for (std::int64_t i = 0; i < journey_.pages && !market_.is_ending; ++i) {
      if (i > 0) co_await think();
      const auto reply = co_await connection_.send(
          {.step = "list", .path = next.empty() ? path : text(path, path.find('?') == std::string::npos ? '?' : '&', "page_token=", next)});
      if (!went_well(reply)) co_return false;
      next = text_in(reply.body, "next_page_token");
      if (next.empty()) break;
    }
    co_return true;
  }
  Task<bool> buy() {
    for (std::int64_t i = 0; i < journey_.pages; ++i) {
      if (!co_await look_at(any_article().id)) co_return false;
      co_await think();
    }
    Buyer buyer(market_.shop.delivery, a_new_name(market_.random));
    for (auto& line : choose_lines(journey_, market_.shop, market_.dice)) {
      if (!went_well(co_await buyer.add(connection_, std::move(line)))) co_return false;
      co_await think();
    }
    co_return co_await check_out(buyer);
  }
  Task<bool> buy_wholesale() {
    Buyer buyer(market_.shop.delivery, a_new_name(market_.random));
    if (!went_well(co_await buyer.add_all(connection_, choose_lines(journey_, market_.shop, market_.dice)))) co_return false;
    co_await think();
    co_return co_await check_out(buyer);
  }
  Task<bool> check_out(Buyer& buyer) {
    if (!went_well(co_await buyer.prepare(connection_))) co_return false;
    co_await think();
    const Purchase purchase = co_await buyer.confirm(connection_);
    if (purchase == Purchase::placed) market_.figures.order_placed();
    if (purchase == Purchase::unknown) ++market_.figures.orders_unknown;
    co_return purchase == Purchase::placed;
  }
  Task<bool> look_at(std::string product) { return get("product", "/api/v1/bff/products/" + std::move(product)); }
  const Shop::Article& any_article() { return market_.shop.articles[market_.dice.below(market_.shop.articles.size())]; }

  Market& market_;
  Connection& connection_;
  const Journey& journey_;
  seconds asked_to_wait_{0};
};

}  // namespace

const Journey& choose_journey(const Scenario& scenario, Dice& dice) {
  std::int64_t all = 0;
  for (const auto& journey : scenario.journeys) all += journey.weight;
  EMP_ASSERT(all > 0);
  auto drawn = static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(all)));
  for (const auto& journey : scenario.journeys) {
    drawn -= journey.weight;
    if (drawn < 0) return journey;
  }
  return scenario.journeys.back();
}

std::vector<Line> choose_lines(const Journey& journey, const Shop& shop, Dice& dice) {
  const bool is_named = !journey.skus.empty();
  const std::size_t all = shop.articles.size();
  const std::size_t known = is_named ? journey.skus.size() : journey.hot > 0 ? std::min(all, static_cast<std::size_t>(journey.hot)) : all;
  const auto wanted = std::min<std::size_t>(known, static_cast<std::size_t>(dice.between(journey.lines_min, journey.lines_max)));
  std::vector<Line> out;
  // Floyd's sampling: each set is as likely as any other, and no list as long as the shop is shuffled.
  std::set<std::size_t> taken;
  for (std::size_t i = known - wanted; i < known; ++i) {
    const std::size_t drawn = dice.below(i + 1);
    const std::size_t place = taken.insert(drawn).second ? drawn : *taken.insert(i).first;
    out.push_back({.sku = is_named ? journey.skus[place] : shop.articles[place].sku, .units = dice.between(1, journey.units_max)});
  }
  return out;
}

Task<seconds> visit(Market& market, Connection& connection, microseconds lateness) {
  const Journey& journey = choose_journey(market.scenario, market.dice);
  connection.use(nullptr);
  connection.be_late(lateness);
  market.figures.visitor_came();
  const auto start = Steady::now();
  Visitor visitor(market, connection, journey);
  const bool went_well = co_await visitor.run();
  market.figures.visitor_left();
  connection.use(nullptr);
  if (went_well) market.figures.journey_ended(to_string(journey.errand), std::chrono::duration_cast<microseconds>(Steady::now() - start), lateness);
  co_return visitor.asked_to_wait();
}

}  // namespace emporion::load
