#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/commerce/payment/app/provider_gateway.hpp"

namespace emporion::payment::bank_transfer {

struct BankTransferOptions {
  bool enabled = false;
  std::string account_name;
  std::string account_number;
  std::string bank;
  std::string currency = "VND";
  std::string webhook_secret;  ///< Credits are announced with `X-Bank-Signature` under it.
};

/// Refuses an account that cannot be meant: absent or placeholders. Errors: BANK_TRANSFER_KEYS_INVALID, naming the setting.
Result<> check_keys(const BankTransferOptions& options);

/// What the buyer writes on the transfer: ten characters of A-Z and 2-7.
std::string reference_of(const Uuid& payment_id);
/// The words of a remittance that could be such references, spelled as we spell them.
std::vector<std::string> references_in(std::string_view remittance);

/// Transfers to our account: the buyer is told account, amount and reference, and the bank tells us of credits. One-phase; nobody can be asked, and a person
/// pays refunds out.
class BankTransferGateway final : public ProviderGateway {
 public:
  explicit BankTransferGateway(BankTransferOptions options) : options_(std::move(options)) {}

  bool is_enabled() const noexcept override { return options_.enabled; }
  std::string_view name() const noexcept override { return "bank_transfer"; }
  Offer offer() const override;
  Task<Result<ProviderReport>> create(Payment payment, Buyer buyer) override;
  Task<Result<ProviderReport>> confirm(Payment payment, Buyer buyer) override { return create(std::move(payment), std::move(buyer)); }
  Task<Result<ProviderReport>> capture(Payment payment) override;
  Task<Result<ProviderReport>> cancel(Payment payment) override;
  Task<Result<ProviderReport>> query(Payment payment) override;
  Task<Result<RefundReport>> refund(Payment payment, Refund refund) override;
  Task<Result<RefundReport>> query_refund(Payment payment, Refund refund) override;
  Task<Result<>> verify(ProviderMessage message, UtcTime now) override;
  /// {"bank_txn_id","amount","currency","remittance"}, the amount in minor units.
  Result<ProviderEvent> read_event(std::string_view text) const override;

 private:
  BankTransferOptions options_;
};

}  // namespace emporion::payment::bank_transfer
