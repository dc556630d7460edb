#pragma once

#include "contracts/commerce/payment/v1/payment_api.hpp"
#include "kernel/rpc/call_context.hpp"
#include "modules/commerce/payment/app/payment_store.hpp"

namespace emporion::payment {

/// Who reads decides what is shown: provider references and codes are for staff and modules.
v1::Payment to_contract(const Payment& payment, std::int64_t refunds_sum, const Principal& reader);
v1::Refund to_contract(const Refund& refund);
v1::RiskAssessment to_contract(const StoredAssessment& assessment);
v1::Transaction to_contract(const TransactionRow& row, Currency currency, const Principal& reader);
v1::LedgerEntry to_contract(const LedgerRow& row);
v1::PaymentStatus to_contract(Status status);

/// True for those who may see a provider's words.
bool sees_provider(const Principal& reader);

}  // namespace emporion::payment
