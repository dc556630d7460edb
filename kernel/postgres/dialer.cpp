#include "kernel/postgres/dialer.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "kernel/base/assert.hpp"
#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/postgres/dsn.hpp"

namespace emporion::postgres {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;
using Time = std::chrono::steady_clock::time_point;

constexpr seconds connect_timeout{5};
constexpr seconds connect_timeout_of_several{2};  ///< Of each server, where there are several: one that is cut off must not hide the next.
constexpr milliseconds backoff_first{50};
constexpr milliseconds backoff_most{2'000};

}  // namespace

struct Dialer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& context, const DatabaseOptions& given)
      : options(given), hosts(hosts_of_dsn(given.dsn).value_or(std::vector<DsnHost>(1))), socket(context), timer(context) {}

  DatabaseOptions options;
  std::vector<DsnHost> hosts;
  std::size_t at = 0;     ///< The server that is asked, or was asked last: after a success the first to be asked again.
  std::size_t asked = 0;  ///< How many of them were asked in this attempt.
  std::string heard;      ///< What those said.
  Descriptor socket;
  asio::steady_timer timer;
  PGconn* pg = nullptr;  ///< Of the attempt under way.
  Done done;
  std::uint64_t attempt = 0;
  milliseconds backoff{0};
  Time next_try;
  std::string problem;
  SystemRandom random;

  void begin() {
    asked = 0;
    heard.clear();
    ask();
  }

  /// One server. A session must be able to write: a standby, or a primary that has become one, is passed over unless the DSN says otherwise. What stands before
  /// the DSN are defaults, what follows is not for it to change.
  void ask() {
    ++asked;
    const std::string settings = text("-c lock_timeout=", options.lock_timeout.count(), " -c statement_timeout=", options.statement_timeout.count(),
                                      " -c idle_in_transaction_session_timeout=", options.idle_in_transaction_timeout.count(), " -c timezone=UTC -c jit=off",
                                      options.planning == Planning::once ? " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off" : "");
    const std::string application = text("emporion ", options.module);
    const DsnHost& one = hosts[at];
    const char* names[] = {"target_session_attrs",
                           "tcp_user_timeout",
                           "keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "dbname",
                           "application_name",
                           "options",
                           "client_encoding",
                           "host",
                           "hostaddr",
                           "port",
                           nullptr};
    const char* values[] = {"read-write",
                            "6000",
                            "5",
                            "2",
                            "3",
                            options.dsn.c_str(),
                            application.c_str(),
                            settings.c_str(),
                            "UTF8",
                            said_or_null(one.host),
                            said_or_null(one.address),
                            said_or_null(one.port),
                            nullptr};
    pg = PQconnectStartParams(names, values, 1);
    if (pg == nullptr || PQstatus(pg) == CONNECTION_BAD) return fail_with(problem_of_libpq());
    PQsetNoticeProcessor(pg, [](void*, const char*) {}, nullptr);
    timer.expires_after(hosts.size() > 1 ? connect_timeout_of_several : connect_timeout);
    timer.async_wait([self = shared_from_this(), of = attempt](const boost::system::error_code& cancelled) {
      if (!cancelled && self->attempt == of) self->fail_with("no answer");
    });
    await(Descriptor::wait_write);
  }

  /// Null leaves to the DSN and the driver what it is.
  static const char* said_or_null(const std::string& part) { return part.empty() ? nullptr : part.c_str(); }

  /// libpq may close its socket and open another one while connecting, so we hold it only while we wait.
  void await(Descriptor::wait_type what) {
    boost::system::error_code error;
    socket.assign(PQsocket(pg), error);
    if (error) return fail_with(error.message());
    socket.async_wait(what, [self = shared_from_this(), of = attempt](const boost::system::error_code& cancelled) {
      if (cancelled || self->attempt != of) return;
      self->socket.release();
      self->go_on();
    });
  }

  void go_on() {
    switch (PQconnectPoll(pg)) {
      case PGRES_POLLING_READING: return await(Descriptor::wait_read);
      case PGRES_POLLING_WRITING: return await(Descriptor::wait_write);
      case PGRES_POLLING_OK: break;
      default: return fail_with(problem_of_libpq());
    }
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) return fail_with(problem_of_libpq());
    backoff = milliseconds(0);
    problem.clear();
    PGconn* const opened = std::exchange(pg, nullptr);
    end()(opened);
  }

  std::string problem_of_libpq() const { return pg == nullptr ? std::string("out of memory") : std::string(trimmed(PQerrorMessage(pg))); }

  /// The next server, or the end of the attempt.
  void fail_with(const std::string& why) {
    heard += heard.empty() ? "" : "; ";
    heard += hosts.size() > 1 ? text(hosts[at].to_string(), ": ", why) : why;
    if (hosts.size() > 1) at = (at + 1) % hosts.size();
    if (asked < hosts.size()) {
      let_go();
      return ask();
    }
    put_off(std::exchange(heard, {}));
    end()(nullptr);
  }

  void put_off(std::string why) {
    problem = std::move(why);
    backoff = std::clamp(backoff * 2, backoff_first, backoff_most);
    next_try = std::chrono::steady_clock::now() +
               milliseconds(backoff.count() / 2 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(backoff.count() / 2 + 1))));
  }

  /// Whatever waits for the server that is being asked comes too late.
  void let_go() {
    ++attempt;
    timer.cancel();
    if (socket.is_open()) socket.release();
    if (pg != nullptr) PQfinish(std::exchange(pg, nullptr));
  }

  /// The attempt is over. Answers whom to tell.
  Done end() {
    let_go();
    return std::exchange(done, nullptr);
  }
};

Dialer::Dialer(Runtime& runtime, const DatabaseOptions& options)
    : impl_(std::make_shared<Impl>(*static_cast<asio::io_context*>(runtime.native_handle()), options)) {}
Dialer::~Dialer() { hang_up(); }

void Dialer::dial(Done done) {
  EMP_ASSERT(impl_->done == nullptr);
  impl_->done = std::move(done);
  impl_->begin();
}
void Dialer::hang_up() noexcept { (void)impl_->end(); }
bool Dialer::may_dial() const noexcept { return std::chrono::steady_clock::now() >= impl_->next_try; }
void Dialer::put_off(std::string_view why) { impl_->put_off(std::string(why)); }
const std::string& Dialer::problem() const noexcept { return impl_->problem; }

}  // namespace emporion::postgres
