#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modules/commerce/payment/adapters/bank_transfer/bank_transfer_gateway.hpp"

namespace emporion::payment {

constexpr const char* bank_secret = "simulated-bank-secret-0001";

/// The providers of a shop that is paid by transfer only.
inline std::vector<std::unique_ptr<ProviderGateway>> one_bank() {
  bank_transfer::BankTransferOptions options;
  options.enabled = true;
  options.account_name = "EMPORION JSC";
  options.account_number = "0071000123456";
  options.bank = "VCB";
  options.webhook_secret = bank_secret;
  std::vector<std::unique_ptr<ProviderGateway>> out;
  out.push_back(std::make_unique<bank_transfer::BankTransferGateway>(std::move(options)));
  return out;
}

}  // namespace emporion::payment
