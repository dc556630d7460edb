#include "modules/commerce/payment/api/module.hpp"

#include "contracts/commerce/payment/v1/payment_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "modules/commerce/payment/adapters/bank_transfer/bank_transfer_gateway.hpp"
#include "modules/commerce/payment/adapters/momo/momo_gateway.hpp"
#include "modules/commerce/payment/adapters/paypal/paypal_gateway.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/adapters/vnpay/vnpay_gateway.hpp"
#include "modules/commerce/payment/api/audit.hpp"
#include "modules/commerce/payment/app/event_handlers.hpp"
#include "modules/commerce/payment/app/service.hpp"
#include "modules/commerce/payment/app/worker.hpp"

namespace emporion::payment {
namespace {

constexpr std::string_view live_url = "https://api.stripe.com";

stripe::StripeOptions stripe_options(const config::Settings& settings) {
  stripe::StripeOptions options;
  options.enabled = settings.boolean("payment.stripe.enabled", false);
  options.base_url = settings.string("payment.stripe.base_url", live_url);
  options.secret_key = settings.string("payment.stripe.secret_key", "");
  options.webhook_secret = settings.string("payment.stripe.webhook_secret", "");
  options.publishable_key = settings.string("payment.stripe.publishable_key", "");
  options.timeout = std::chrono::duration_cast<milliseconds>(settings.span("payment.stripe.timeout_ms", milliseconds(3'500)));
  return options;
}

vnpay::VnpayOptions vnpay_options(const config::Settings& settings) {
  vnpay::VnpayOptions options = vnpay::default_addresses(settings.boolean("payment.vnpay.test_mode", false));
  options.enabled = settings.boolean("payment.vnpay.enabled", false);
  options.account.tmn_code = settings.string("payment.vnpay.tmn_code", "");
  options.account.hash_secret = settings.string("payment.vnpay.hash_secret", "");
  options.pay_url = settings.string("payment.vnpay.pay_url", options.pay_url);
  options.api_url = settings.string("payment.vnpay.api_url", options.api_url);
  options.timeout = std::chrono::duration_cast<milliseconds>(settings.span("payment.vnpay.timeout_ms", options.timeout));
  return options;
}

momo::MomoOptions momo_options(const config::Settings& settings) {
  momo::MomoOptions options;
  options.enabled = settings.boolean("payment.momo.enabled", false);
  options.test_mode = settings.boolean("payment.momo.test_mode", false);
  options.account.partner_code = settings.string("payment.momo.partner_code", "");
  options.account.access_key = settings.string("payment.momo.access_key", "");
  options.account.secret_key = settings.string("payment.momo.secret_key", "");
  options.base_url = settings.string("payment.momo.base_url", momo::default_address(options.test_mode));
  options.ipn_url = settings.string("payment.public_base_url", "") + "/api/v1/webhooks/momo";
  options.takes_at_once = settings.boolean("payment.momo.one_phase", false);
  options.timeout = std::chrono::duration_cast<milliseconds>(settings.span("payment.momo.timeout_ms", options.timeout));
  return options;
}

paypal::PaypalOptions paypal_options(const config::Settings& settings) {
  paypal::PaypalOptions options;
  options.enabled = settings.boolean("payment.paypal.enabled", false);
  options.test_mode = settings.boolean("payment.paypal.test_mode", false);
  options.client_id = settings.string("payment.paypal.client_id", "");
  options.client_secret = settings.string("payment.paypal.client_secret", "");
  options.webhook_id = settings.string("payment.paypal.webhook_id", "");
  options.base_url = settings.string("payment.paypal.base_url", paypal::default_address(options.test_mode));
  options.timeout = std::chrono::duration_cast<milliseconds>(settings.span("payment.paypal.timeout_ms", options.timeout));
  return options;
}

bank_transfer::BankTransferOptions bank_options(const config::Settings& settings) {
  bank_transfer::BankTransferOptions options;
  options.enabled = settings.boolean("payment.bank_transfer.enabled", false);
  options.account_name = settings.string("payment.bank_transfer.account_name", "");
  options.account_number = settings.string("payment.bank_transfer.account_number", "");
  options.bank = settings.string("payment.bank_transfer.bank", "");
  options.currency = settings.string("payment.bank_transfer.currency", "VND");
  options.webhook_secret = settings.string("payment.bank_transfer.webhook_secret", "");
  return options;
}

ServiceOptions service_options(const config::Settings& settings) {
  ServiceOptions options;
  options.is_cod_enabled = settings.boolean("payment.cod.enabled", true);
  options.is_risk_decisive = settings.boolean("payment.risk.enabled", true);
  options.storefront_url = settings.string("payment.storefront_url", "/");
  std::string addresses = settings.string("payment.risk.shared_addresses", "");  // Comma-separated: many people buy behind them.
  for (std::size_t at = 0; at < addresses.size();) {
    const std::size_t comma = std::min(addresses.find(',', at), addresses.size());
    if (comma > at) options.unscored_addresses.push_back(addresses.substr(at, comma - at));
    at = comma + 1;
  }
  return options;
}

/// Source: commerce.md §3.6: Stripe's own ceiling is a hundred a second.
std::map<std::string, int, std::less<>> provider_rates(const config::Settings& settings) {
  std::map<std::string, int, std::less<>> out;
  for (const std::string_view provider : {"stripe", "paypal", "vnpay", "momo"}) {
    out.emplace(provider, static_cast<int>(settings.integer(text("payment.", provider, ".calls_per_second"), ProviderBudget::default_rate, 1,
                                                            provider == "stripe" ? 100 : 1'000)));
  }
  return out;
}

class PaymentModule final : public Module {
 public:
  explicit PaymentModule(ModuleContext context)
      : context_(context),
        stripe_(stripe_options(context.settings)),
        live_mode_(stripe_.base_url == live_url && !context.settings.boolean("payment.stripe.test_mode", false)),
        vnpay_(vnpay_options(context.settings)),
        momo_(momo_options(context.settings)),
        paypal_(paypal_options(context.settings)),
        bank_(bank_options(context.settings)),
        public_base_url_(context.settings.string("payment.public_base_url", "")),
        store_(context.database, context.clock),
        stripe_gateway_(context.runtime, context.clock, stripe_),
        vnpay_gateway_(context.runtime, context.clock, context.random, vnpay_),
        momo_gateway_(context.runtime, context.clock, context.random, momo_),
        paypal_gateway_(context.runtime, context.clock, paypal_),
        bank_gateway_(bank_),
        providers_({&stripe_gateway_, &paypal_gateway_, &vnpay_gateway_, &momo_gateway_, &bank_gateway_}),
        book_(store_, context.clock, context.random),
        driver_(context.runtime, store_, book_, providers_, context.clock, DriverOptions{.public_base_url = public_base_url_}),
        refunds_(store_, providers_, context.clock, context.random),
        credits_(store_, book_, context.clock, context.random),
        webhooks_(store_, book_, driver_, refunds_, credits_, providers_, context.clock, context.random),
        handlers_(store_, book_, context.clock, context.random),
        budget_(provider_rates(context.settings)),
        worker_(store_, driver_, refunds_, webhooks_, providers_, budget_, context.clock),
        service_(context.runtime, store_, book_, driver_, webhooks_, credits_, providers_, context.clock, context.random, service_options(context.settings)),
        binding_(std::make_shared<v1::LocalPaymentApi>(service_, context.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::PaymentApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }
  void subscribe(messaging::Subscriptions& subscriptions) override { handlers_.subscribe(subscriptions); }

  Task<Result<>> start() override {
    EMP_CO_TRY(stripe::check_keys(stripe_, live_mode_));
    EMP_CO_TRY(vnpay::check_keys(vnpay_));
    EMP_CO_TRY(momo::check_keys(momo_));
    EMP_CO_TRY(paypal::check_keys(paypal_));
    EMP_CO_TRY(bank_transfer::check_keys(bank_));
    if ((vnpay_.enabled || momo_.enabled || paypal_.enabled) && public_base_url_.empty()) {
      co_return fail(ErrorKind::invalid_argument, "PUBLIC_BASE_URL_MISSING",
                     "payment.public_base_url is absent: the pages of VNPay, MoMo and PayPal send buyers back there");
    }
    context_.jobs.every("payment.due", seconds(1), &worker_, &Worker::run_due);
    context_.jobs.every("payment.webhooks", seconds(1), &worker_, &Worker::run_webhooks);
    service_.on_work = [&jobs = context_.jobs] { jobs.wake("payment.due"); };
    service_.on_webhook = [&jobs = context_.jobs] { jobs.wake("payment.webhooks"); };
    co_return Result<>();
  }
  Task<void> stop() override { co_await service_.close(); }

 private:
  ModuleContext context_;
  stripe::StripeOptions stripe_;
  bool live_mode_;
  vnpay::VnpayOptions vnpay_;
  momo::MomoOptions momo_;
  paypal::PaypalOptions paypal_;
  bank_transfer::BankTransferOptions bank_;
  std::string public_base_url_;
  PostgresPaymentStore store_;
  stripe::StripeGateway stripe_gateway_;
  vnpay::VnpayGateway vnpay_gateway_;
  momo::MomoGateway momo_gateway_;
  paypal::PaypalGateway paypal_gateway_;
  bank_transfer::BankTransferGateway bank_gateway_;
  Providers providers_;
  Book book_;
  Driver driver_;
  RefundWorker refunds_;
  BankCredits credits_;
  Webhooks webhooks_;
  EventHandlers handlers_;
  ProviderBudget budget_;
  Worker worker_;
  PaymentService service_;
  std::shared_ptr<v1::PaymentApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  return ModuleDefinition{.name = "payment",
                          .migrations = migrations(),
                          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<PaymentModule>(context); },
                          .audit_checks = audit_checks(),
                          .audit_facts = audit_facts()};
}

}  // namespace emporion::payment
