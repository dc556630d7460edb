#include "modules/commerce/payment/adapters/bank_transfer/bank_transfer_gateway.hpp"

#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"
#include "modules/commerce/payment/adapters/provider_keys.hpp"
#include "modules/commerce/payment/adapters/stripe/signature.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"

namespace emporion::payment::bank_transfer {
namespace {

constexpr std::size_t reference_length = 10;
constexpr std::size_t secret_length_min = 16;
constexpr std::size_t txn_id_length_max = 64;

std::unexpected<Error> invalid(std::string_view setting) { return invalid_keys("bank_transfer", setting, "is absent or a placeholder"); }

std::unexpected<Error> by_hand() { return fail(ErrorKind::rule_violated, "PROVIDER_REFUSED", "a bank transfer is handled by a person"); }

ProviderReport report_of(const Payment& payment, ProviderReport::State state) {
  ProviderReport report;
  report.ref = payment.provider_ref.value_or(reference_of(payment.id));
  report.payment_id = payment.id;
  report.amount = payment.amount;
  report.state = state;
  return report;
}

bool is_reference_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }

}  // namespace

Result<> check_keys(const BankTransferOptions& options) {
  if (!options.enabled) return {};
  if (is_placeholder_key(options.account_number)) return invalid("payment.bank_transfer.account_number");
  if (options.account_name.empty()) return invalid("payment.bank_transfer.account_name");
  if (options.webhook_secret.size() < secret_length_min || is_placeholder_key(options.webhook_secret)) return invalid("payment.bank_transfer.webhook_secret");
  return {};
}

std::string reference_of(const Uuid& payment_id) { return base32_of(Uuid::from_name(text("bank_transfer:", payment_id))).substr(0, reference_length); }

std::vector<std::string> references_in(std::string_view remittance) {
  std::vector<std::string> out;
  std::string word;
  const std::string upper = ascii_upper(remittance) + " ";
  for (const char c : upper) {
    if (is_reference_character(c)) {
      word.push_back(c);
      continue;
    }
    if (word.size() == reference_length) out.push_back(word);
    word.clear();
  }
  return out;
}

Offer BankTransferGateway::offer() const {
  Offer out;
  out.method = "bank_transfer";
  out.currencies = {options_.currency};
  return out;
}

Task<Result<ProviderReport>> BankTransferGateway::create(Payment payment, Buyer) {
  ProviderReport report = report_of(payment, ProviderReport::State::requires_action);
  std::string action;
  json::Writer writer(action);
  writer.begin_object().key("type").string("bank_details").key("reference").string(report.ref);
  writer.key("account_name").string(options_.account_name).key("account_number").string(options_.account_number).key("bank").string(options_.bank);
  const std::int64_t left = payment.amount.amount() - payment.collected_amount;
  writer.key("amount").begin_object().key("amount").integer(left).key("currency").string(payment.amount.currency().code()).end_object().end_object();
  report.next_action = std::move(action);
  co_return report;
}

Task<Result<ProviderReport>> BankTransferGateway::capture(Payment) { co_return by_hand(); }
Task<Result<ProviderReport>> BankTransferGateway::cancel(Payment payment) { co_return report_of(payment, ProviderReport::State::cancelled); }
Task<Result<ProviderReport>> BankTransferGateway::query(Payment payment) { co_return report_of(payment, ProviderReport::State::requires_action); }
Task<Result<RefundReport>> BankTransferGateway::refund(Payment, Refund) { co_return by_hand(); }
Task<Result<RefundReport>> BankTransferGateway::query_refund(Payment, Refund) { co_return by_hand(); }

Task<Result<>> BankTransferGateway::verify(ProviderMessage message, UtcTime now) {
  const auto signature = message.headers.find("x-bank-signature");
  // The scheme is Stripe's: a time and HMAC-SHA256 over it and the body.
  co_return stripe::verify_signature(signature == message.headers.end() ? std::string_view() : std::string_view(signature->second), message.text,
                                     options_.webhook_secret, now);
}

Result<ProviderEvent> BankTransferGateway::read_event(std::string_view body) const {
  EMP_ASSIGN(const auto document, json::Document::parse(body));
  const auto id = string_at(document.root(), "bank_txn_id");
  const auto amount = integer_at(document.root(), "amount");
  const auto currency = string_at(document.root(), "currency");
  const auto remittance = string_at(document.root(), "remittance");
  if (!id || id->empty() || id->size() > txn_id_length_max || !amount || *amount <= 0 || !currency || !remittance) {
    return fail(ErrorKind::invalid_argument, "MALFORMED_MESSAGE", "a credit without bank_txn_id, amount, currency or remittance");
  }
  EMP_ASSIGN(const auto money, Money::parse(*amount, *currency));
  ProviderEvent event{*id, "credit"};
  event.credit = BankCredit{*id, money, *remittance, references_in(*remittance)};
  return event;
}

}  // namespace emporion::payment::bank_transfer
