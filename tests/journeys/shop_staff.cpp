#include "tests/journeys/shop_staff.hpp"

#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::journeys {

using http::Method;

void Staff::hire(ShopProcess& shop) {
  const int hired = shop.command({"admin", "create", "--email", "ada@example.com", "--name", "Ada Byron"}, {"EMPORION_ADMIN_PASSWORD=a long quiet river"});
  EMP_ASSERT(hired == 0);
}

Task<bool> Staff::sign_in() {
  const auto now = std::chrono::steady_clock::now();
  if (signed_in_ != std::chrono::steady_clock::time_point() && now - signed_in_ < minutes(5)) co_return true;  // A token of staff lives ten.
  const auto login =
      co_await buyer_.call(Method::post, "/api/v1/auth/login", R"({"identifier":"ada@example.com","password":"a long quiet river","realm":"staff"})");
  if (login.status != 200) co_return false;
  buyer_.sign_in(member_of(login.body, "access_token"));
  signed_in_ = now;
  co_return true;
}

Task<Reply> Staff::call(Method method, std::string path, std::string body, std::string key) {
  if (!co_await sign_in()) co_return Reply{0, "NOT_SIGNED_IN", ""};
  co_return co_await buyer_.call(method, std::move(path), std::move(body), std::move(key));
}

Task<std::string> Staff::promotion(std::string name, std::string terms) {
  const auto made = co_await call(Method::post, "/api/v1/promotion/promotions",
                                  text(R"({"terms":{"name":")", name, R"(","starts_at":"2020-01-01T00:00:00Z","ends_at":"2100-01-01T00:00:00Z",)", terms, "}}"),
                                  "make-" + name);
  if (made.status != 201) co_return "";
  const std::string id = member_of(made.body, "id");
  const auto active = co_await call(Method::post, "/api/v1/promotion/promotions/" + id + "/activate", "{}");
  co_return active.status == 200 || active.status == 409 ? id : "";  // 409: it is active already.
}

Task<bool> Staff::coupon(std::string promotion, std::string code, std::string terms) {
  const auto made = co_await call(Method::post, "/api/v1/promotion/coupons",
                                  text(R"({"promotion_id":")", promotion, R"(","code":")", code, R"(","terms":{"type":"multi")", terms, "}}"), "make-" + code);
  co_return made.status == 201;
}

Task<std::string> Staff::used(std::string code) {
  const auto coupon = co_await call(Method::get, "/api/v1/promotion/coupons/" + code);
  co_return member_of(coupon.body, "used");
}

Task<bool> Staff::set_available(std::string sku, int available, std::string cause) {
  const auto listed = co_await call(Method::get, "/api/v1/inventory?sku=" + sku);
  const auto stock = parse_json<warehouse::v1::ListInventoryResponse>(listed.body);
  if (!stock) co_return false;
  bool is_first = true;
  for (const auto& item : stock->items) {
    const int wanted = is_first ? available : 0;  // One row per warehouse.
    is_first = false;
    const int delta = wanted - item.available;
    if (delta == 0) continue;
    const auto adjusted = co_await call(Method::post, "/api/v1/stock/adjust",
                                        text(R"({"warehouse_id":")", item.warehouse_id, R"(","sku":")", sku, R"(","delta":)", delta, R"(,"reason":")",
                                             delta > 0 ? "found" : "loss", R"(","cause_id":")", cause, '-', item.id, R"("})"),
                                        cause + "-" + item.id);
    if (adjusted.status != 200) co_return false;
  }
  co_return true;
}

std::int64_t units_available(const std::string& inventory) {
  std::int64_t sum = 0;
  for (int i = 0;; ++i) {
    const std::string units = member_of(inventory, text("items.", i, ".available"));
    if (units.empty()) return sum;
    sum += std::stoll(units);
  }
}

std::string tenth_with_a_code() { return R"("rule_type":"cart","kind":"percentage","requires_coupon":true,"percentage_bp":1000)"; }

}  // namespace emporion::journeys
