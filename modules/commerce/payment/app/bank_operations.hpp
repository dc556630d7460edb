#pragma once

#include "contracts/commerce/payment/v1/bank_api.hpp"
#include "kernel/base/random.hpp"
#include "modules/commerce/payment/app/bank_credits.hpp"
#include "modules/commerce/payment/app/bank_store.hpp"
#include "modules/commerce/payment/app/provider_gateway.hpp"
#include "modules/commerce/payment/app/refund_worker.hpp"

namespace emporion::payment {

/// A line of a statement as the bank's webhook would have told it: what its gateway reads.
std::string message_of(const StatementLine& line);

/// What staff does about money that no provider moves.
class BankOperations final : public v1::BankApi {
 public:
  BankOperations(PaymentStore& store, BankStore& bank, BankCredits& credits, RefundWorker& refunds, Providers& providers, const Clock& clock, Random& random)
      : store_(store), bank_(bank), credits_(credits), refunds_(refunds), providers_(providers), clock_(clock), random_(random) {}

  Task<Result<v1::ListPaymentCasesResponse>> list_payment_cases(CallContext context, v1::ListPaymentCasesRequest request) override;
  Task<Result<v1::PaymentCase>> close_payment_case(CallContext context, v1::ClosePaymentCaseRequest request) override;
  Task<Result<v1::PaymentCase>> pay_out_case(CallContext context, v1::PayOutCaseRequest request) override;
  Task<Result<v1::PaidOutRefund>> pay_out_refund(CallContext context, v1::PayOutRefundRequest request) override;
  Task<Result<v1::ImportStatementResponse>> import_statement(CallContext context, v1::ImportStatementRequest request) override;

 private:
  PaymentStore& store_;
  BankStore& bank_;
  BankCredits& credits_;
  RefundWorker& refunds_;
  Providers& providers_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace emporion::payment
