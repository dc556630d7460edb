#include "modules/commerce/payment/api/desk.hpp"

#include <fstream>
#include <iterator>

#include "kernel/base/ip_address.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::payment {
namespace {

std::vector<std::string> split_by_comma(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    if (comma > at) out.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

DisposableDomains disposable_domains(const std::string& file) {
  if (file.empty()) return DisposableDomains::well_known();
  std::ifstream stream(file);
  const std::string lines{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad() || !stream.is_open()) {
    observe::warning("the list of disposable e-mail domains cannot be read; the one that is built in is used", {{"file", file}});
    return DisposableDomains::well_known();
  }
  return DisposableDomains::parse(lines);
}

}  // namespace

Desk::Desk(const ModuleContext& context, stripe::StripeOptions cards)
    : origins_(context.settings.strings("payment.risk.geoip_files"), context.clock),
      cards_(context.runtime, cards),
      methods_(context.database, cards_, cards.publishable_key, context.clock, context.random),
      settings_(context.database, context.clock),
      fraud_lists_(context.database, context.clock, context.random),
      methods_binding_(std::make_shared<v1::LocalMethodsApi>(methods_, context.clock)),
      settings_binding_(std::make_shared<v1::LocalPaymentSettingsApi>(settings_, context.clock)),
      fraud_binding_(std::make_shared<v1::LocalFraudApi>(fraud_lists_, context.clock)) {}

void Desk::bind(Calls& calls) {
  calls.bind<v1::MethodsApi>(methods_binding_);
  calls.bind<v1::PaymentSettingsApi>(settings_binding_);
  calls.bind<v1::FraudApi>(fraud_binding_);
}

Result<> Desk::routes(http::Router& router) {
  EMP_TRY(v1::add_routes(router, *methods_binding_));
  EMP_TRY(v1::add_routes(router, *settings_binding_));
  return v1::add_routes(router, *fraud_binding_);
}

void Desk::start(Jobs& jobs, std::set<std::string, std::less<>> methods) {
  settings_.know_configured(std::move(methods));
  jobs.every("payment.deleted_cards", seconds(10), &methods_, &SavedMethods::detach_due);
  methods_.on_removed = [&jobs] { jobs.wake("payment.deleted_cards"); };
  for (const std::string& file : origins_.unreadable()) observe::warning("a GeoIP database cannot be read; purchases are scored without it", {{"file", file}});
}

void Desk::equip(ServiceOptions& options, const config::Settings& settings) {
  RiskOptions& risk = options.risk;
  risk.is_decisive = settings.boolean("payment.risk.enabled", true);
  for (const std::string& address : split_by_comma(settings.string("payment.risk.shared_addresses", ""))) {
    if (auto known = canonical_ip(address)) risk.shared_addresses.push_back(std::move(*known));
  }
  risk.origins = &origins_;
  risk.card_within = std::chrono::duration_cast<milliseconds>(settings.span("payment.risk.card_lookup_ms", risk.card_within));
  if (risk.card_within > milliseconds(0)) risk.cards = &cards_;
  risk.saved_cards = &methods_;
  risk.disposable = disposable_domains(settings.string("payment.risk.disposable_domains_file", ""));
  options.saved_cards = &methods_;
  options.policy = &settings_;
}

}  // namespace emporion::payment
