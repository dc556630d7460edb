#include <gtest/gtest.h>

#include <filesystem>

#include "kernel/testing/eventually.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_in_parts.hpp"

// Certificates change under a shop that serves.
namespace emporion::journeys {
namespace {

namespace fs = std::filesystem;

struct PkiServed : ::testing::Test {
  void pki(std::vector<std::string> words) {
    words.insert(words.begin(), "pki");
    const auto ended = run_emporion(std::move(words), shop.whole().home(), {}, 60);
    ASSERT_EQ(ended.code, 0) << ended.complained;
  }
  /// A new process reads what is there now and connects anew to the others, who have read what was there before.
  void restart_commerce() {
    EXPECT_EQ(shop.part("commerce").stop(), 0) << shop.log_of("commerce");
    shop.start_all();
  }
  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  /// Carts, prices, stock and payment: every process calls another one. Whoever found nobody while it restarted waits a moment before it looks again.
  void expect_a_sale(const std::string& name) {
    std::string last;
    const auto sold = [&] {
      Buyer guest(client, shop.url());
      const auto prepared = run(guest.prepare("TEA-JASMINE-100", 1, name));
      const auto confirmed = prepared.status == 200 ? run(guest.confirm("buy-" + name)) : prepared;
      last = confirmed.reason + confirmed.body;
      return confirmed.status == 201;
    };
    EXPECT_TRUE(testing::eventually(runtime, sold, [&] { return last; }, seconds(3))) << name;
  }

  ShopInParts shop{"per-domain"};
  Runtime runtime;
  http::Client client{runtime};
};

TEST_F(PkiServed, a_shop_sells_while_its_authority_is_replaced_and_believes_no_other_one) {
  const auto folder = shop.whole().home() / "pki";
  const auto placement = shop.placement_file();
  shop.start_all();
  expect_a_sale("before");
  const std::string first = text_of(folder / "ca.pem");

  pki({"rotate", "--authority", "--placement", placement});
  restart_commerce();
  expect_a_sale("two-authorities");
  pki({"rotate", "--placement", placement});
  restart_commerce();
  expect_a_sale("new-certificates");
  pki({"rotate", "--authority", "--finish", "--placement", placement});
  restart_commerce();
  expect_a_sale("new-authority");
  EXPECT_FALSE(text_of(folder / "ca.pem").contains(first));

  pki({"init", "--placement", placement, "--folder", (folder / "foreign").string()});
  for (const std::string name : {"commerce.key", "commerce.pem"}) fs::copy_file(folder / "foreign" / name, folder / name, fs::copy_options::overwrite_existing);
  restart_commerce();
  EXPECT_NE(run(Buyer(client, shop.url()).prepare("TEA-JASMINE-100", 1, "foreign")).status, 200) << "nobody calls a process of another authority";

  pki({"init", "--placement", placement});
  restart_commerce();
  expect_a_sale("mended");
  EXPECT_EQ(shop.whole().audit(), 0) << shop.whole().audit_report();
}

}  // namespace
}  // namespace emporion::journeys
