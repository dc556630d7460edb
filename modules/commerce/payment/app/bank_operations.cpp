#include "modules/commerce/payment/app/bank_operations.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/app/page_token.hpp"
#include "modules/commerce/payment/domain/card_number.hpp"

namespace emporion::payment {
namespace {

v1::PaymentCase to_contract(const StoredCase& row) {
  v1::PaymentCase out;
  out.id = row.id;
  out.payment_id = row.payment_id;
  out.kind = row.kind;
  out.ours = row.ours;
  out.theirs = row.theirs;
  out.to_pay_out = row.to_pay_out;
  out.bank_txn_id = row.bank_txn_id;
  out.paid_under = row.paid_under;
  out.resolution = row.resolution;
  out.opened_at = row.opened_at;
  out.closed_at = row.closed_at;
  return out;
}

v1::PaidOutRefund to_contract(const Refund& refund) {
  v1::PaidOutRefund out;
  out.id = refund.id;
  out.payment_id = refund.payment_id;
  out.amount = refund.amount;
  out.status = refund.status;
  out.paid_under = refund.provider_ref.value_or("");
  return out;
}

std::unexpected<Error> is_closed(const StoredCase& row) {
  return fail(Error(ErrorKind::conflict, "CASE_CLOSED", "the case was closed before").with("resolution", row.resolution.value_or("")));
}

std::unexpected<Error> other_amount(const Money& due) {
  return fail(Error(ErrorKind::rule_violated, "AMOUNT_MISMATCH", text(due.amount(), " ", due.currency(), " is to be paid out")).with("amount", due.amount()));
}

}  // namespace

std::string message_of(const StatementLine& line) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .key("bank_txn_id")
      .string(line.bank_txn_id)
      .key("amount")
      .integer(line.amount.amount())
      .key("currency")
      .string(line.amount.currency().code());
  writer.key("remittance").string(line.remittance).end_object();
  return out;
}

Task<Result<v1::ListPaymentCasesResponse>> BankOperations::list_payment_cases(CallContext, v1::ListPaymentCasesRequest request) {
  CaseFilter filter{request.kind, request.open, request.payment_id, std::nullopt, std::nullopt, request.page_size.value_or(20)};
  if (request.page_token) {
    EMP_CO_ASSIGN(const auto token, PageToken::parse(*request.page_token));
    filter.before_at = token.at;
    filter.before_id = token.id;
  }
  EMP_CO_ASSIGN(const auto rows, co_await bank_.list_cases(filter));
  v1::ListPaymentCasesResponse out;
  for (const StoredCase& row : rows) out.cases.push_back(to_contract(row));
  if (static_cast<std::int32_t>(rows.size()) == filter.count) out.next_page_token = PageToken{rows.back().opened_at, rows.back().id, 0}.to_string();
  co_return out;
}

Task<Result<v1::PaymentCase>> BankOperations::close_payment_case(CallContext context, v1::ClosePaymentCaseRequest request) {
  if (holds_card_number(request.resolution))
    co_return fail(ErrorKind::invalid_argument, "PAN_NOT_ACCEPTED", "card numbers are entered on the provider's page only");
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  EMP_CO_ASSIGN(auto row, co_await bank_.lock_case(work, request.id));
  if (row.closed_at && row.resolution == request.resolution) co_return to_contract(row);
  if (row.closed_at) co_return is_closed(row);
  if (row.to_pay_out) co_return fail(Error(ErrorKind::conflict, "USE_PAYOUT", "this money has to be paid out").with("amount", row.to_pay_out->amount()));
  row.resolution = request.resolution;
  row.closed_by = context.principal.id;
  row.closed_at = clock_.now();
  EMP_CO_TRY(co_await bank_.close_case(work, row));
  EMP_CO_TRY(co_await work.commit());
  co_return to_contract(row);
}

Task<Result<v1::PaymentCase>> BankOperations::pay_out_case(CallContext context, v1::PayOutCaseRequest request) {
  EMP_CO_ASSIGN(const auto found, co_await bank_.find_case(request.id));
  EMP_CO_ASSIGN(auto work, co_await store_.begin(context));
  std::optional<Payment> payment;
  if (found.payment_id) {
    EMP_CO_ASSIGN(auto locked, co_await store_.lock(work, *found.payment_id));  // Always the payment first.
    payment = std::move(locked.payment);
  }
  const bool is_unmatched = found.kind == "unmatched_transfer" && found.bank_txn_id;
  if (is_unmatched) EMP_CO_TRY(co_await credits_.hold(work, *found.bank_txn_id));  // Before its case, as matching does.
  EMP_CO_ASSIGN(auto row, co_await bank_.lock_case(work, request.id));
  if (row.closed_at && row.paid_under == request.bank_reference && row.to_pay_out == request.amount) co_return to_contract(row);
  if (row.closed_at) co_return is_closed(row);
  if (!row.to_pay_out) co_return fail(ErrorKind::conflict, "NOTHING_TO_PAY", "the case is about no money that is to be paid out");
  if (request.amount != *row.to_pay_out) co_return other_amount(*row.to_pay_out);
  const UtcTime now = clock_.now();
  row.paid_under = request.bank_reference;
  row.resolution = "paid out";
  row.closed_by = context.principal.id;
  row.closed_at = now;
  EMP_CO_TRY(co_await bank_.close_case(work, row));
  EMP_CO_TRY(co_await credits_.give_back(work, std::move(payment), is_unmatched ? row.bank_txn_id : std::nullopt, *row.to_pay_out, row.id));
  EMP_CO_TRY(co_await work.commit());
  co_return to_contract(row);
}

Task<Result<v1::PaidOutRefund>> BankOperations::pay_out_refund(CallContext context, v1::PayOutRefundRequest request) {
  EMP_CO_ASSIGN(const auto refund, co_await store_.find_refund(request.id));
  EMP_CO_ASSIGN(const auto payment, co_await store_.find(refund.payment_id));
  const std::string reference = text("bank:", request.bank_reference);
  if (refund.status == "succeeded" && refund.provider_ref == reference && refund.amount == request.amount) co_return to_contract(refund);
  if (refund.status != "manual_required" || !is_paid_back_by_hand(payment.method)) {
    co_return fail(Error(ErrorKind::conflict, "REFUND_STATE", "only a refund that waits for a person is paid out by one").with("status", refund.status));
  }
  if (request.amount != refund.amount) co_return other_amount(refund.amount);
  const auto paid =
      co_await refunds_.enter(context, request.id, RefundReport{.ref = reference, .state = RefundReport::State::succeeded, .amount = refund.amount});
  if (!paid && paid.error().reason() == "UNIQUE_VIOLATION") co_return fail(ErrorKind::conflict, "BANK_REFERENCE_USED", "this reference paid another refund");
  if (!paid) co_return fail(paid.error());
  EMP_CO_ASSIGN(const auto done, co_await store_.find_refund(request.id));
  if (done.provider_ref != reference)
    co_return fail(Error(ErrorKind::conflict, "REFUND_STATE", "it was paid out under another reference").with("status", done.status));
  co_return to_contract(done);
}

Task<Result<v1::ImportStatementResponse>> BankOperations::import_statement(CallContext context, v1::ImportStatementRequest request) {
  const ProviderGateway* bank = providers_.find("bank_transfer");
  if (bank == nullptr || !bank->is_enabled()) co_return fail(ErrorKind::rule_violated, "METHOD_NOT_AVAILABLE", "this shop takes no bank transfers");
  EMP_CO_ASSIGN(auto statement, parse_bank_statement(request.body));
  const UtcTime now = clock_.now();
  v1::ImportStatementResponse out;
  out.lines = static_cast<std::int32_t>(statement.lines.size() + statement.refused.size());
  EMP_CO_ASSIGN(out.statement_id, co_await bank_.insert_statement(Uuid::v7(now, random_), Uuid::from_name(request.body), out.lines, context.principal.id, now));
  EMP_CO_TRY(co_await bank_.insert_lines(out.statement_id, statement.lines, now));
  for (const StatementLine& line : statement.lines) {
    if (line.amount.is_negative()) {
      ++out.debits;
      continue;
    }
    auto event = bank->read_event(message_of(line));
    if (!event || !event->credit) {
      statement.refused.push_back({line.line, event ? "NOT_A_CREDIT" : event.error().reason()});
      continue;
    }
    // Each in a transaction of its own: what ends here is taken up by sending the file again.
    EMP_CO_ASSIGN(const auto outcome, co_await credits_.enter(context, std::move(*event->credit)));
    if (outcome == "ignored: known") {
      ++out.known;
    } else if (outcome.starts_with("ignored")) {
      ++out.differing;
    } else {
      ++(outcome == "suspense" ? out.suspense : out.entered);
    }
  }
  for (const BadLine& bad : statement.refused) {
    v1::RefusedLine line;
    line.line = bad.line;
    line.reason = bad.reason;
    out.refused.push_back(std::move(line));
  }
  co_return out;
}

}  // namespace emporion::payment
