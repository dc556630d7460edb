#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "apps/emporion/load/visit.hpp"

namespace emporion::load {

/// How much, how long.
struct Plan {
  std::int64_t clients = 0;  ///< Closed loop: each begins its next errand when the last has ended. Open loop: at most so many visitors at once.
  double rate_per_s = 0;     ///< Open loop: so many visitors come per second, whether the shop keeps up or not. 0: closed loop.
  std::int64_t count = 0;    ///< Errands; 0: as many as fit into the time.
  Pace pace = Pace::steady(seconds(30));
  std::uint64_t seed = 1;

  bool is_open() const noexcept { return rate_per_s > 0; }
};

/// What somebody who looks on sees.
struct Moment {
  microseconds elapsed{0};
  std::int64_t begun = 0;    ///< Errands.
  std::int64_t waiting = 0;  ///< Visitors of an open loop whom nobody has had time for yet.
  bool is_ending = false;    ///< The last are being waited for.
  const std::string& phase;
  const Figures& figures;
};

/// One run of a scenario. Ends by itself: no errand begins after the time of the plan, and whatever is not answered `patience` later is cut off.
class Round {
 public:
  /// The scenario and the shop must outlive it.
  Round(Runtime& runtime, const Target& target, const Scenario& scenario, const Shop& shop, Plan plan);
  ~Round();

  /// Runs to the end, once; `look` is called every second.
  Task<void> run(std::function<void(const Moment&)> look);
  /// The first time, no errand begins any more, and those under way end at once where they may; the second time, they are cut off. Callable on the io thread.
  void stop();

  const Figures& figures() const noexcept { return figures_; }
  std::int64_t begun() const noexcept { return begun_; }
  bool was_stopped() const noexcept { return was_stopped_; }
  std::int64_t cut_off() const noexcept { return cut_off_; }
  microseconds elapsed() const noexcept { return elapsed_; }
  /// Processor time that this process used from the first errand to the end of the last.
  double processor_s() const noexcept { return processor_s_; }

 private:
  Task<void> client(std::size_t number);
  Task<void> stay_closed(std::size_t number, Connection& connection);
  Task<void> let_in();
  Task<void> stay_open(Connection& connection);
  Task<void> look_on(std::function<void(const Moment&)> look);
  Task<bool> wait_until(microseconds since_start);
  bool may_begin() const;
  microseconds now() const;
  void cut_all();

  Runtime& runtime_;
  const Target& target_;
  const Scenario& scenario_;
  const Shop& shop_;
  const Plan plan_;
  Figures figures_;
  Dice dice_;
  SystemRandom random_;
  Market market_;
  std::optional<ArrivalTimes> arrivals_;
  std::deque<microseconds> waiting_;  ///< When those came whom nobody has had time for.
  std::vector<OneShot<bool>*> idle_;  ///< Clients of an open loop who have nobody.
  bool is_closed_ = false;            ///< Nobody comes any more.
  std::vector<std::unique_ptr<Connection>> connections_;
  Scope clients_;
  std::chrono::steady_clock::time_point start_;
  std::int64_t begun_ = 0;
  std::int64_t cut_off_ = 0;
  microseconds elapsed_{0};
  double processor_s_ = 0;
  bool is_ending_ = false;
  bool was_stopped_ = false;
};

}  // namespace emporion::load
