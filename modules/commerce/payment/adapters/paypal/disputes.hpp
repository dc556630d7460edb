#pragma once

#include "modules/commerce/payment/adapters/paypal/wire.hpp"
#include "modules/commerce/payment/app/dispute_gateway.hpp"

/// PayPal's disputes, without the wire. Source: https://developer.paypal.com/docs/api/customer-disputes/v1/
namespace emporion::payment::paypal {

Result<DisputeReport> read_dispute(json::Value value);
Result<DisputeReport> read_dispute_answer(int status, std::string_view body);
/// The body of provide-evidence: multipart/form-data with one part, `input`, as PayPal wants it even without files.
std::string evidence_body(const Dispute& dispute, std::string_view boundary);
std::string acceptance_body(const Dispute& dispute);

}  // namespace emporion::payment::paypal
