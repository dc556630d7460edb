#include "apps/emporion/retail/replay.hpp"

#include <deque>
#include <functional>
#include <memory>

#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/retail/purchase.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app::retail {
namespace {

constexpr std::size_t queue_max = 32;
constexpr std::size_t unanswered_kept = 20;

/// Invoices waiting for one worker, at most `queue_max`. One producer and one consumer on one thread.
class InvoiceQueue {
 public:
  Task<void> push(std::optional<Invoice> invoice) {
    while (waiting_.size() >= queue_max) co_await sleep(producer_);
    waiting_.push_back(std::move(invoice));
    wake(consumer_);
  }
  Task<std::optional<Invoice>> pop() {
    while (waiting_.empty()) co_await sleep(consumer_);
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    wake(producer_);
    co_return first;
  }

 private:
  using Sleeper = std::shared_ptr<OneShot<bool>>;
  static Task<void> sleep(Sleeper& sleeper) {
    const auto mine = std::make_shared<OneShot<bool>>();
    sleeper = mine;
    (void)co_await *mine;
  }
  static void wake(Sleeper& sleeper) {
    if (const auto asleep = std::exchange(sleeper, nullptr)) asleep->set(true);
  }
  std::deque<std::optional<Invoice>> waiting_;
  Sleeper producer_, consumer_;
};

bool has_cancellable(const Invoice& invoice) {
  for (const auto& line : invoice.lines) {
    if (line.kind == LineKind::cancellation) return true;
  }
  return false;
}

class Replay {
 public:
  Replay(Runtime& runtime, ReplayOptions options) : runtime_(runtime), options_(std::move(options)), shop_(runtime, options_.shop) {}

  Task<Result<ReplayReport>> run() {
    EMP_CO_TRY(read_ahead());
    EMP_CO_TRY(co_await shop_.sign_in());
    const UtcTime began = clock_.now();
    bar_ = std::make_unique<ProgressBar>("replay", "orders", static_cast<std::uint64_t>(importable_));
    for (std::size_t i = 0; i < options_.clients; ++i) queues_.push_back(std::make_unique<InvoiceQueue>());
    for (std::size_t i = 0; i < options_.clients; ++i) workers_.spawn(work(i));
    const auto fed = co_await feed();
    for (auto& queue : queues_) co_await queue->push(std::nullopt);
    co_await workers_.join();
    if (!fed) co_return fail(fed.error());
    bar_->finish();
    co_return report(clock_.now() - began);
  }

 private:
  bool in_span(const Invoice& invoice) const {
    const std::string_view day = std::string_view(invoice.time).substr(0, 10);
    return (options_.from.empty() || day >= options_.from) && (options_.to.empty() || day <= options_.to);
  }

  /// The first pass: checks the file and learns which lines will ever be cancelled.
  Result<> read_ahead() {
    EMP_ASSIGN(auto history, History::open(options_.file, options_.corrupt));
    ProgressBar bar("reading", "KiB", history.reader().bytes_total() / 1024);
    for (;;) {
      EMP_ASSIGN(const auto invoice, history.next());
      if (!invoice) break;
      bar.set(history.reader().bytes_read() / 1024);
      if (!in_span(*invoice)) continue;
      if (invoice->is_cancellation()) cancelled_.add(*invoice);
      if (invoice->is_order() && !items_of(*invoice).empty()) ++importable_;
    }
    file_figures_ = history.quirks().figures();
    fingerprint_ = history.reader().fingerprint();
    return {};
  }

  /// The second pass: hands every invoice to a worker. One customer's stay in order on one worker; guests take turns.
  Task<Result<>> feed() {
    EMP_CO_ASSIGN(auto history, History::open(options_.file, options_.corrupt));
    std::size_t turn = 0;
    for (;;) {
      EMP_CO_ASSIGN(auto invoice, history.next());
      if (!invoice) break;
      if (!in_span(*invoice)) continue;
      const bool is_purchase = invoice->is_order() && !items_of(*invoice).empty();
      const bool is_cancellation = invoice->is_cancellation() && has_cancellable(*invoice);
      if (!is_purchase && !is_cancellation) {
        ++nothing_to_do_;
        continue;
      }
      const std::size_t worker = (invoice->customer.empty() ? turn++ : std::hash<std::string>{}(invoice->customer)) % queues_.size();
      co_await queues_[worker]->push(std::move(invoice));
    }
    co_return Result<>();
  }

  Task<void> work(std::size_t index) {
    Purchases purchases(runtime_, shop_, fingerprint_);
    OrderBook book(cancelled_);
    for (;;) {
      auto invoice = co_await queues_[index]->pop();
      if (!invoice) co_return;
      if (invoice->is_order()) {
        co_await buy(purchases, book, std::move(*invoice));
      } else {
        co_await cancel(purchases, book, std::move(*invoice));
      }
    }
  }

  Task<void> buy(Purchases& purchases, OrderBook& book, Invoice invoice) {
    const std::string number = invoice.number;
    const std::string customer = invoice.customer;
    const auto items = items_of(invoice);
    auto outcome = co_await purchases.place(std::move(invoice), items);
    switch (outcome.kind) {
      case PurchaseOutcome::Kind::placed:
        ++placed_;
        ++(customer.empty() ? placed_by_guests_ : placed_by_customers_);
        lines_placed_ += static_cast<std::int64_t>(items.size());
        break;
      case PurchaseOutcome::Kind::placed_before: ++placed_before_; break;
      case PurchaseOutcome::Kind::refused:
        ++refused_;
        ++refusals_[outcome.reason];
        break;
      case PurchaseOutcome::Kind::unanswered: note_unanswered(text("order ", number, ": ", outcome.reason)); break;
    }
    if (!outcome.order_id.empty()) book.placed(customer, std::move(outcome.order_id), items);
    bar_->set(static_cast<std::uint64_t>(++orders_done_));
  }

  Task<void> cancel(Purchases& purchases, OrderBook& book, Invoice invoice) {
    auto match = book.cancel(invoice);
    lines_matched_ += match.lines_matched;
    lines_partly_ += match.lines_partly;
    lines_unmatched_ += match.lines_unmatched;
    units_unmatched_ += match.units_unmatched;
    if (match.takings.empty()) ++returns_without_order_;
    for (auto& taking : match.takings) {
      const bool is_whole = taking.is_whole;
      const std::string why_not = co_await purchases.cancel(invoice.customer, invoice.number, std::move(taking));
      if (why_not.empty()) {
        ++(is_whole ? cancelled_whole_ : cancelled_partly_);
      } else {
        ++cancellations_refused_;
        ++refusals_[why_not];
      }
    }
  }

  void note_unanswered(std::string what) {
    ++unanswered_count_;
    if (unanswered_.size() < unanswered_kept) unanswered_.push_back(std::move(what));
  }

  ReplayReport report(microseconds elapsed) {
    ReplayReport out;
    out.file = std::move(file_figures_);
    out.done = {
        {0, "importable", "importable orders in the span", importable_},
        {0, "placed", "orders placed", placed_},
        {0, "placed_by_customers", "  by customers", placed_by_customers_},
        {5, "placed_by_guests", "  by guests", placed_by_guests_},
        {0, "lines_placed", "lines of them", lines_placed_},
        {0, "placed_before", "orders that an earlier run had placed", placed_before_},
        {0, "orders_refused", "orders refused", refused_},
        {0, "unanswered", "orders whose outcome is not known", unanswered_count_},
        {0, "nothing_to_do", "invoices with nothing to buy or cancel", nothing_to_do_},
        {1, "cancelled_whole", "orders cancelled whole", cancelled_whole_},
        {1, "cancelled_partly", "orders cancelled in part", cancelled_partly_},
        {1, "cancellations_refused", "cancellations refused", cancellations_refused_},
        {1, "cancelled_lines_matched", "lines of C invoices matched in full", lines_matched_},
        {1, "cancelled_lines_partly", "lines of C invoices matched in part", lines_partly_},
        {1, "cancelled_lines_unmatched", "lines of C invoices without an order: returns", lines_unmatched_},
        {1, "cancelled_units_unmatched", "units of C invoices without an order", units_unmatched_},
        {1, "returns_without_order", "C invoices without any order", returns_without_order_},
    };
    for (const auto& [name, figures] : shop_.steps()) {
      out.steps.push_back(
          {std::string(name), figures.latencies.count(), static_cast<std::uint64_t>(figures.repeats), figures.latencies.at(500), figures.latencies.at(990)});
    }
    out.refusals = std::move(refusals_);
    out.unanswered = std::move(unanswered_);
    out.elapsed_us = elapsed.count();
    out.orders_per_second_x10 = elapsed.count() == 0 ? 0 : placed_ * 10'000'000 / elapsed.count();
    out.complete = unanswered_count_ == 0 && placed_ + placed_before_ + refused_ == importable_;
    return out;
  }

  Runtime& runtime_;
  ReplayOptions options_;
  ShopClient shop_;
  SystemClock clock_;
  CancelledCodes cancelled_;
  std::string fingerprint_;
  std::vector<Figure> file_figures_;
  std::vector<std::unique_ptr<InvoiceQueue>> queues_;
  Scope workers_;
  std::unique_ptr<ProgressBar> bar_;
  std::map<std::string, std::int64_t> refusals_;
  std::vector<std::string> unanswered_;
  std::int64_t importable_ = 0, orders_done_ = 0, placed_ = 0, placed_by_customers_ = 0, placed_by_guests_ = 0, placed_before_ = 0, refused_ = 0,
               unanswered_count_ = 0;
  std::int64_t lines_placed_ = 0, nothing_to_do_ = 0, cancelled_whole_ = 0, cancelled_partly_ = 0, cancellations_refused_ = 0, returns_without_order_ = 0;
  std::int64_t lines_matched_ = 0, lines_partly_ = 0, lines_unmatched_ = 0, units_unmatched_ = 0;
};

}  // namespace

Task<Result<ReplayReport>> replay(Runtime& runtime, ReplayOptions options) {
  auto work = std::make_unique<Replay>(runtime, std::move(options));
  co_return co_await work->run();
}

}  // namespace emporion::app::retail
