#pragma once

#include "modules/commerce/payment/adapters/stripe/wire.hpp"
#include "modules/commerce/payment/app/dispute_gateway.hpp"

/// Stripe's disputes, without the wire. Source: https://docs.stripe.com/api/disputes
namespace emporion::payment::stripe {

/// Reads a dispute. Early inquiries (warning_*) are disputes too: their evidence is due as well. Errors: PROVIDER_OUTCOME_UNKNOWN (it cannot be read).
Result<DisputeReport> read_dispute(json::Value value);
Result<DisputeReport> read_dispute_answer(int status, std::string_view body);
/// The evidence, to be judged at once. `evidence`: JSON of the contract's DisputeEvidence.
Form evidence_form(const Dispute& dispute);
/// The same for all tries of one answer.
std::string answer_key(const Dispute& dispute);

}  // namespace emporion::payment::stripe
