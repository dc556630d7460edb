#include "modules/commerce/order/app/invoice_issuing.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::order {
namespace {

constexpr std::int32_t orders_per_round = 200;
constexpr int rounds_max = 500;  // A job's run ends some time; the next one goes on.

bool is_the_orders_fault(const Error& error) { return !error.is_transient() || error.kind() == ErrorKind::internal; }

}  // namespace

Task<Result<>> InvoiceIssuing::run(CallContext context) {
  for (int round = 0; round < rounds_max; ++round) {
    EMP_CO_ASSIGN(auto books, co_await store_.due(clock_.now(), orders_per_round));
    if (books.empty()) break;
    EMP_CO_TRY(co_await issue(context, std::move(books)));
  }
  co_return Result<>();
}

Task<Result<>> InvoiceIssuing::issue(CallContext context, std::vector<OrderBooks> books) {
  std::vector<DueAnswer> answers;
  answers.reserve(books.size());
  for (const OrderBooks& one : books) answers.push_back(documents_.answer(one));
  const auto issued = co_await store_.issue(answers, clock_.now(), context.trace);
  if (issued) {
    observe::counter("emporion_invoices_issued_total", "Invoices and credit notes that have their number.").increment(issued->size());
    co_return Result<>();
  }
  if (!is_the_orders_fault(issued.error())) co_return fail(issued.error());  // Nothing was issued, or we do not know: both are found out by doing it again.
  if (books.size() == 1) co_return co_await put_off(books.front(), issued.error());
  for (OrderBooks& one : books) {
    std::vector<OrderBooks> single;
    single.push_back(std::move(one));
    EMP_CO_TRY(co_await issue(context, std::move(single)));
  }
  co_return Result<>();
}

Task<Result<>> InvoiceIssuing::put_off(const OrderBooks& books, const Error& error) {
  const seconds wait(std::int64_t{1} << std::min(books.tries + 1, 12));  // Up to 68 minutes.
  observe::error("an order cannot be invoiced", {{"order_id", books.order_id.to_string()}, {"error", error.to_string()}, {"again_in_s", text(wait.count())}});
  co_return co_await store_.put_off(books.order_id, books.bumps, clock_.now() + wait, error.to_string());
}

}  // namespace emporion::order
