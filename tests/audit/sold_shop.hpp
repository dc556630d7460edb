#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/emporion/audit.hpp"
#include "apps/emporion/home.hpp"
#include "kernel/http/client.hpp"
#include "kernel/postgres/blocking.hpp"
#include "kernel/postgres/cluster.hpp"
#include "tests/audit/breaks.hpp"
#include "tests/journeys/shop_client.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::audit {

/// The demo shop after a few days' business: a guest's order that was delivered and paid at the door, a customer's order with a coupon that is held and that a
/// gift card pays in part, one that was cancelled, and a cart at the checkout. Its server is stopped then; its databases go on, and each break happens to a
/// copy of one of them.
class SoldShop {
 public:
  /// Takes the time of two starts of the server. Fails the test program if the shop does not come about.
  SoldShop();
  ~SoldShop();
  SoldShop(const SoldShop&) = delete;
  SoldShop& operator=(const SoldShop&) = delete;

  /// The audit, without patience: nothing is under way here.
  app::AuditReport audit();

  struct Broken {
    std::set<std::string> ids;  ///< What the audit must name.
    std::string database;
    std::string dsn;  ///< Of the broken copy.
  };
  /// Breaks a copy of the database. Errors: NOT_HELD, if a constraint that the break names does not refuse it; the database's, if one that it does not name
  /// does.
  Result<Broken> break_copy(const Break& rows);
  /// The audit with a broken copy in the place of its original.
  app::AuditReport audit(const Broken& broken);

  journeys::ShopProcess& process() noexcept { return process_; }

 private:
  /// PostgreSQL over the shop's home, started if it is not running, without the cost of keeping its data over a crash of the machine.
  postgres::PrivateCluster quick_cluster() const;
  void start(const std::vector<std::string>& environment, std::uint16_t port);
  void sell_and_deliver();
  void sell_and_cancel();
  void buy(journeys::Buyer& buyer, const std::string& sku, int qty, const std::string& name, const std::string& coupon = {}, bool with_gift_card = false);
  /// Waits until the statement answers `wanted`, while the server runs.
  void wait_for(std::string_view module, const std::string& sql, const std::string& wanted);
  void wait_for_clean_books();
  app::AuditReport audit(app::Placement placement);
  app::Placement placement() const;

  Runtime runtime_;
  journeys::ShopProcess process_;
  std::optional<app::HomeShare> share_;  ///< Else a command on the home, as the last one there, would take the cluster along.
  std::optional<postgres::PrivateCluster> cluster_;
};

}  // namespace emporion::audit
