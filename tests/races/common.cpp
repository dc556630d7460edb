#include <algorithm>

#include "kernel/base/text.hpp"
#include "tests/races/race.hpp"

namespace emporion::races {

Task<Reply> settled(Arena& arena, Buyer& buyer) {
  Reply reply;
  for (int i = 0; i < 1'200; ++i) {
    reply = co_await buyer.call(Method::get, "/api/v1/checkout/" + buyer.session() + "/confirmation");
    const std::string status = member_of(reply.body, "status");
    if (status != "processing" && status != "payment_processing") break;
    co_await arena.runtime.sleep_for(milliseconds(50));  // tidy-allow(test_sleeps): polls another process.
  }
  co_return reply;
}

Task<PaidOrder> buy_by_card(Arena& arena, std::string name) {
  PaidOrder out;
  const auto buyer = arena.buyer(0);
  const auto prepared = co_await buyer->prepare("TEA-JASMINE-100", 1, name, R"({"method":"card","payment_method_id":"pm_card_visa"})");
  if (prepared.status != 200) co_return out;
  const auto confirmed = co_await buyer->confirm("buy-" + name);
  if (confirmed.status != 201) co_return out;
  const std::string order = member_of(confirmed.body, "order_id");
  const auto payment = co_await payment_of(arena, order, {"captured"});
  out.payment = member_of(payment.body, "id");
  out.intent = member_of(payment.body, "provider_ref");
  out.total = buyer->total().amount();
  if (!out.intent.empty()) out.order = order;
  co_return out;
}

Task<Reply> payment_of(Arena& arena, std::string order, std::vector<std::string> statuses) {
  for (int i = 0; i < 1'000; ++i) {
    const auto listed = co_await arena.staff.call(Method::get, "/api/v1/payments?order_id=" + order);
    for (int at = 0;; ++at) {
      const std::string payment = member_of(listed.body, text("payments.", at));
      if (payment.empty()) break;
      if (std::ranges::find(statuses, member_of(payment, "status")) != statuses.end()) co_return Reply{200, "", payment};
    }
    co_await arena.runtime.sleep_for(milliseconds(20));  // tidy-allow(test_sleeps): polls another process.
  }
  co_return Reply{};
}

}  // namespace emporion::races
