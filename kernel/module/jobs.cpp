#include "kernel/module/jobs.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "kernel/base/random.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion {
namespace {

namespace asio = boost::asio;
using Time = std::chrono::steady_clock::time_point;

// Declared as reads although their functions write: both are safe to repeat, and a lease is nothing that a feed, a waking listener or a fault point should
// meet. tidy-allow(statement_effect): as said above.
constexpr postgres::Statement take_lease{"job.take", "SELECT job_take($1, $2, $3, $4, $5)"};
// tidy-allow(statement_effect): as said above.
constexpr postgres::Statement finish_run{"job.finish", "SELECT job_finish($1, $2, $3, $4, $5)"};

constexpr milliseconds lease_span{10'000};    ///< How long a killed replica's jobs rest before another one takes them.
constexpr milliseconds lease_reserve{5'000};  ///< Renewed when less is left.
constexpr milliseconds renew_period{3'000};   ///< While a run lasts.
constexpr milliseconds gather{20};            ///< Between two runs of a job that is woken all the time.
constexpr seconds first_run_within{1};
constexpr seconds context_span{300};

Time now() { return std::chrono::steady_clock::now(); }

/// A rest that can be ended early.
class Alarm {
 public:
  explicit Alarm(asio::io_context& context) : timer_(context) {}

  Task<void> rest(microseconds span) {
    OneShot<bool> over;
    timer_.expires_after(span);
    timer_.async_wait([&over](const boost::system::error_code&) { over.set(true); });
    (void)co_await over;
  }
  void end() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

struct Job {
  Job(asio::io_context& context, std::string given_name, microseconds given_period, std::move_only_function<Task<Result<>>(CallContext)> given_work)
      : name(std::move(given_name)), period(given_period), work(std::move(given_work)), rest(context), renewal(context) {}

  std::string name;
  microseconds period;
  std::move_only_function<Task<Result<>>(CallContext)> work;
  Alarm rest;
  Alarm renewal;
  bool resting = false;
  bool woken = false;
  bool at_work = false;
  std::int64_t fencing = 0;
  Time held_until;  ///< By our own clock, counted from before we asked.
  Time success_noted;
};

observe::Counter& runs_of(const std::string& job, const char* result) {
  return observe::counter("emporion_job_runs_total", "Runs of periodic jobs.", {{"job", job}, {"result", result}});
}

}  // namespace

struct Jobs::Impl {
  Impl(Runtime& given_runtime, postgres::Database& given_database, const Clock& given_clock, Random& given_random)
      : runtime(given_runtime), database(given_database), clock(given_clock), random(given_random), owner(Uuid::v7(clock.now(), random).to_string()) {}

  Runtime& runtime;
  postgres::Database& database;
  const Clock& clock;
  Random& random;
  std::string owner;
  std::vector<std::unique_ptr<Job>> jobs;
  Scope scope;
  bool started = false;
  bool stopping = false;

  Task<void> repeat(Job& job) {
    const auto within = static_cast<std::uint64_t>(std::min<microseconds>(job.period, first_run_within).count());
    co_await rest(job, microseconds(static_cast<std::int64_t>(random.below(within + 1))));
    while (!stopping) {
      const bool at_once = std::exchange(job.woken, false);
      const Time begun = now();
      if (co_await hold_lease(job, at_once)) co_await run_once(job);
      if (stopping) break;
      if (job.woken) {
        co_await runtime.sleep_for(gather);
      } else {
        const auto spent = std::chrono::duration_cast<microseconds>(now() - begun);
        co_await rest(job, std::max<microseconds>(job.period - spent, gather));
      }
    }
    if (job.fencing != 0) co_await finish(job, false, true);
  }

  Task<void> rest(Job& job, microseconds span) {
    if (stopping || job.woken) co_return;
    job.resting = true;
    co_await job.rest.rest(span);
    job.resting = false;
  }

  void wake(Job& job) {
    job.woken = true;
    if (job.resting) job.rest.end();
  }

  /// True when this replica may run the job now. A job that runs often keeps its lease between runs, so it costs a write every few seconds only.
  Task<bool> hold_lease(Job& job, bool at_once) {
    if (job.fencing != 0 && job.held_until - now() > lease_reserve) co_return true;
    const Time asked = now();
    const auto rows = co_await database.query(take_lease, job.name, owner, std::int64_t{lease_span.count()},
                                              std::int64_t{std::chrono::duration_cast<milliseconds>(job.period).count() * 8 / 10}, at_once || job.at_work);
    if (!rows) {
      observe::warning("a job's lease could not be taken", {{"job", job.name}, {"error", rows.error().to_string()}});
      co_return false;
    }
    const auto taken = (*rows)[0].get<std::optional<std::int64_t>>(0);
    if (job.at_work && taken != job.fencing) observe::warning("a job's lease was lost while it ran", {{"job", job.name}});
    job.fencing = taken.value_or(0);
    job.held_until = asked + lease_span;
    co_return taken.has_value();
  }

  Task<void> run_once(Job& job) {
    CallContext context(clock.now() + context_span, Uuid::v7(clock.now(), random), Principal::of_service(database.module()));
    context.idempotency_key = text(job.name, ":", job.fencing);
    trace::Active span;
    if (trace::is_enabled()) [[unlikely]]
      span.begin(trace::begin({.trace = context.trace}, text("job ", job.name), trace::Kind::internal));
    const Time begun = now();
    job.at_work = true;
    Scope aside;
    aside.spawn(renew(job));
    const auto done = co_await job.work(std::move(context));
    job.at_work = false;
    job.renewal.end();
    co_await aside.join();

    observe::histogram("emporion_job_seconds", "Length of a run.", {{"job", job.name}}, {0.001, 0.01, 0.1, 1, 10, 60})
        .observe(std::chrono::duration<double>(now() - begun).count());
    runs_of(job.name, done ? "ok" : "failed").increment();
    if (!done && span) span->fail(done.error().reason());
    if (!done) observe::warning("a job failed and will be repeated", {{"job", job.name}, {"error", done.error().to_string()}});

    const bool give_back = job.period >= lease_span;
    const bool note = done && (give_back || now() - job.success_noted > lease_reserve);
    if (give_back || note) co_await finish(job, note, give_back);
  }

  Task<void> renew(Job& job) {
    for (;;) {
      if (!job.at_work) co_return;
      co_await job.renewal.rest(renew_period);
      if (!job.at_work) co_return;
      (void)co_await hold_lease(job, true);
    }
  }

  Task<void> finish(Job& job, bool succeeded, bool give_back) {
    const auto rows = co_await database.query(finish_run, job.name, owner, job.fencing, succeeded, give_back);
    if (!rows) observe::warning("a job's end could not be noted", {{"job", job.name}, {"error", rows.error().to_string()}});
    if (succeeded) job.success_noted = now();
    if (give_back) job.fencing = 0;
  }
};

Jobs::Jobs(Runtime& runtime, postgres::Database& database, const Clock& clock, Random& random)
    : impl_(std::make_shared<Impl>(runtime, database, clock, random)) {}
Jobs::~Jobs() = default;

void Jobs::add(std::string name, microseconds period, std::move_only_function<Task<Result<>>(CallContext)> work) {
  EMP_ASSERT(period > microseconds(0));
  EMP_ASSERT(std::ranges::none_of(impl_->jobs, [&](const auto& job) { return job->name == name; }));
  auto& context = *static_cast<asio::io_context*>(impl_->runtime.native_handle());
  impl_->jobs.push_back(std::make_unique<Job>(context, std::move(name), period, std::move(work)));
  if (impl_->started && !impl_->stopping) impl_->scope.spawn(impl_->repeat(*impl_->jobs.back()));
}

void Jobs::wake(const std::string& name) {
  const auto found = std::ranges::find_if(impl_->jobs, [&](const auto& job) { return job->name == name; });
  EMP_ASSERT(found != impl_->jobs.end());
  impl_->wake(**found);
}

void Jobs::start() {
  EMP_ASSERT(!impl_->started);
  impl_->started = true;
  for (const auto& job : impl_->jobs) impl_->scope.spawn(impl_->repeat(*job));
}

Task<void> Jobs::stop() {
  const auto impl = impl_;
  impl->stopping = true;
  for (const auto& job : impl->jobs) {
    if (job->resting) job->rest.end();
  }
  co_await impl->scope.join();
}

}  // namespace emporion
