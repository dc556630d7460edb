#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/async/task.hpp"
#include "kernel/base/result.hpp"
#include "kernel/postgres/database.hpp"
#include "kernel/postgres/statement_metrics.hpp"

namespace emporion::postgres {

/// What goes to the server between two Syncs: transaction control first, then statements. Outside an explicit transaction it is one implicit transaction.
/// Lives in the frame of the coroutine that awaits `answer`.
struct Unit {
  std::vector<std::string_view> controls;  ///< Constants such as "BEGIN".
  std::vector<Bound> bounds;
  bool unknown_if_lost = false;  ///< It may have committed if the connection breaks before its answer.
  OneShot<Result<std::vector<Rows>>> answer;
};

/// One connection in pipeline mode. Units may be sent while others are in flight and are answered in order, each only when its Sync is: a statement's own
/// success is provisional until then. One unit's failure does not touch its neighbours. Belongs to one io thread.
class Connection {
 public:
  /// How statements are prepared: on a shared connection in front of the unit and apart from it, so that the unit's failure cannot undo what the units behind
  /// it rely on; on an exclusive one inside the unit, behind its transaction control.
  enum class Use : std::uint8_t { shared, exclusive };

  Connection(Runtime& runtime, const DatabaseOptions& options, Use use, std::shared_ptr<StatementMetrics> metrics);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Connects if need be; several callers share one attempt. While backing off after a failure it answers at once. Errors: DATABASE_UNAVAILABLE.
  Task<Result<>> connect();
  bool is_connected() const noexcept;
  /// Looks, when nothing is in flight, whether the server hung up meanwhile, and ends the session if so.
  bool is_still_connected();
  bool is_connecting() const noexcept;
  /// True if `connect` would try now.
  bool may_connect() const noexcept;
  /// Grows with every loss: what was begun in another session is gone.
  std::uint64_t session() const noexcept;
  std::size_t in_flight() const noexcept;

  /// The connection must be connected. `unit` stays where it is until it is answered.
  void send(Unit& unit);
  /// Called after each answered unit and after a loss.
  void on_change(std::function<void()> listener);
  /// Ends the session. Units in flight are answered as lost.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace emporion::postgres
