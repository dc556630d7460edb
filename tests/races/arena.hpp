#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/journeys/fault_file.hpp"
#include "tests/journeys/provider_thread.hpp"
#include "tests/journeys/shop_process.hpp"
#include "tests/journeys/shop_staff.hpp"
#include "tests/simulators/stripe/stripe_simulator.hpp"
#include "tests/simulators/vnpay/vnpay_simulator.hpp"

namespace emporion::races {

using http::Method;
using journeys::Buyer;
using journeys::member_of;
using journeys::Reply;
using CardProvider = journeys::ProviderThread<simulators::StripeSimulator, simulators::StripeSimulatorOptions>;
using BankProvider = journeys::ProviderThread<simulators::VnpaySimulator, simulators::VnpaySimulatorOptions>;

/// How a race is stretched: points that wait, each up to `point_ms_max`, and how late a contender may start.
struct Delays {
  std::string points;  ///< Prefixes joined by '+'; "" is every point.
  int point_ms_max = 10;
  int start_ms_max = 15;
};

/// What one contender does; made anew for each round.
using Move = std::function<Task<Reply>()>;

/// A shop that runs as two processes on one set of databases, as behind a load balancer, with simulated providers. Nothing in memory of one process can hold a
/// race apart there: rows must.
class Arena {
 public:
  /// `settings`: further lines of the placement. `processes`: 1 or 2.
  explicit Arena(const std::string& settings, int processes);
  ~Arena();

  template <typename T>
  T run(Task<T> task) {
    return run_until_done(runtime, std::move(task));
  }
  const std::string& url(std::size_t process) const { return shops[process % shops.size()]->url(); }
  std::unique_ptr<Buyer> buyer(std::size_t process) { return std::make_unique<Buyer>(client, url(process)); }
  /// The same browser in another tab, whose requests another process takes.
  std::unique_ptr<Buyer> other_tab(const Buyer& of, std::size_t process);

  /// Orders the delays of a round; every process draws its own from the seed.
  void delay(const Delays& delays, std::uint64_t seed);
  void calm();
  /// Releases all contenders at once, each up to `start_ms_max` late as the seed has it, and answers when all have theirs.
  Task<std::vector<Reply>> release(std::vector<Move> moves, Delays delays, std::uint64_t seed);

  /// Runs the statements of "database:file.sql" as the database's owner: a guard that is broken on purpose.
  void break_guard(const std::string& where_and_what);
  /// The stripe simulator's books of one intent.
  simulators::Intent intent(const std::string& id);
  bool decide_at_bank(const std::string& intent, bool approved);

  Runtime runtime;
  http::Client client{runtime, 256};
  std::unique_ptr<CardProvider> cards;
  std::unique_ptr<BankProvider> bank;
  std::vector<std::unique_ptr<journeys::ShopProcess>> shops;
  std::vector<std::unique_ptr<journeys::FaultFile>> faults;
  journeys::Staff staff{client, ""};
  journeys::Staff staff_elsewhere{client, ""};  ///< A colleague, whose requests the other process takes.
};

/// From nothing to `most`, by the seed and the number alone.
std::uint64_t drawn(std::uint64_t seed, std::uint64_t number, std::uint64_t most);

/// "201" or "409 OUT_OF_STOCK".
std::string in_short(const Reply& reply);
std::string in_short(const std::vector<Reply>& replies);

}  // namespace emporion::races
