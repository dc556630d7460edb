#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/emporion/moving/record.hpp"
#include "apps/emporion/moving/seat_feed.hpp"
#include "apps/emporion/moving/unit.hpp"
#include "kernel/remote/route.hpp"
#include "kernel/remote/services.hpp"
#include "kernel/remote/way.hpp"

namespace emporion::app {

/// What a seat needs of its process.
struct SeatContext {
  UnitContext unit;
  std::string process;  ///< Empty: a tool.
  int replica = 1;
  std::string reader;  ///< A module of this process in whose name the seat's feed is read elsewhere.
  /// For meeting other processes. Errors: PKI_MISSING.
  std::function<Result<remote::Credentials>()> credentials;
  /// All feeds that modules of this process hear.
  std::function<std::vector<std::shared_ptr<messaging::EventFeed>>()> feeds;
  /// Makes sure that other processes reach this one, at one of these addresses if it has not listened before. Errors: PKI_MISSING, ADDRESS_IN_USE.
  std::function<Result<>(const std::vector<std::string>& addresses)> open_to_others;
};

/// One module's seat in this process: the module is here, or it is elsewhere and calls and feeds go there. What the module's database says decides, and it is
/// watched (ADR 0034). Lives on one runtime's thread.
class Seat {
 public:
  Seat(ModuleDefinition definition, SeatContext context);
  ~Seat();

  const ModuleDefinition& definition() const noexcept { return definition_; }
  const std::shared_ptr<SeatFeed>& feed() const noexcept { return feed_; }
  Unit& unit() noexcept { return *unit_; }
  bool is_here() const noexcept { return route_.state() == remote::Route::State::here; }

  /// Offers the module's contracts to those in this process, wherever it serves.
  void bind(Calls& calls);
  /// Offers them, and its events, to other processes; who asks here while it is elsewhere is told where.
  void serve(const Calls& calls, remote::Services& services);
  std::shared_ptr<messaging::EventFeed> feed_for_others();

  /// Makes the module's first unit, at the start of the process, so that its settings are read.
  void create();
  /// Looks where the module is to serve, and opens its route if that is here.
  Task<Result<>> look();
  /// Starts it if it is here.
  Task<Result<>> start();
  /// Begins its own work if it is here, and the watch.
  void work();

  Task<void> stop_watching();
  Task<void> rest();
  Task<void> end();
  Task<void> close();

 private:
  void make_unit();
  postgres::Database& database();
  void open();
  void turn_away(const std::vector<std::string>& addresses, std::int64_t epoch);
  static Task<Result<std::string>> answer(Seat* seat, remote::Handler handler, CallContext context, std::string request);
  Result<> look_as_tool(const moving::Record& record);
  Task<void> watch();
  Task<void> pause(microseconds span);
  Task<void> act(moving::Verdict verdict, bool waits);
  Task<void> arrive(moving::Verdict verdict, bool waits);
  Task<void> make_ready(moving::Verdict verdict);
  Task<void> leave(moving::Verdict verdict);
  Task<void> depart(moving::Verdict verdict);
  Task<void> retire_unit();
  Task<void> come_back(moving::Verdict verdict, std::string why);
  Task<bool> was_decided(std::int64_t epoch);
  Task<void> note(std::string state, std::int64_t epoch, std::string text);

  const ModuleDefinition definition_;
  SeatContext context_;
  remote::Route route_;
  std::shared_ptr<remote::Way> way_;
  std::shared_ptr<SeatFeed> feed_;
  std::shared_ptr<remote::RemoteFeed> remote_feed_;
  std::unique_ptr<Unit> unit_;
  std::vector<std::unique_ptr<Unit>> ended_;     ///< Kept until the end: listeners of their databases know them.
  std::unique_ptr<postgres::Database> control_;  ///< The module's database while the module is elsewhere.
  std::string module_;
  std::vector<std::string> away_at_;
  std::vector<std::string> own_addresses_;  ///< Where others are to reach this process, as the last move says.
  std::int64_t epoch_ = 0;
  std::string noted_;
  Scope scope_;
  bool stopping_ = false;
};

}  // namespace emporion::app
