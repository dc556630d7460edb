#include "modules/commerce/payment/api/module.hpp"

#include "contracts/commerce/payment/v1/bank_api_binding.hpp"
#include "contracts/commerce/payment/v1/credit_api_binding.hpp"
#include "contracts/commerce/payment/v1/disputes_api_binding.hpp"
#include "contracts/commerce/payment/v1/payment_api_binding.hpp"
#include "contracts/commerce/payment/v1/reconciliation_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/observe/log.hpp"
#include "modules/commerce/payment/adapters/bank_transfer/bank_transfer_gateway.hpp"
#include "modules/commerce/payment/adapters/momo/momo_gateway.hpp"
#include "modules/commerce/payment/adapters/paypal/paypal_gateway.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_bank_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_credit_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_dispute_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_escrow_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_reconciliation_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_upkeep_store.hpp"
#include "modules/commerce/payment/adapters/stripe/stripe_gateway.hpp"
#include "modules/commerce/payment/adapters/vnpay/vnpay_gateway.hpp"
#include "modules/commerce/payment/adapters/wire_text.hpp"
#include "modules/commerce/payment/api/audit.hpp"
#include "modules/commerce/payment/api/desk.hpp"
#include "modules/commerce/payment/app/bank_operations.hpp"
#include "modules/commerce/payment/app/credit_service.hpp"
#include "modules/commerce/payment/app/dispute_operations.hpp"
#include "modules/commerce/payment/app/event_handlers.hpp"
#include "modules/commerce/payment/app/reconciliation_operations.hpp"
#include "modules/commerce/payment/app/service.hpp"
#include "modules/commerce/payment/app/upkeep.hpp"
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

ServiceOptions service_options(const config::Settings& settings, Desk& desk) {
  ServiceOptions options;
  options.is_cod_enabled = settings.boolean("payment.cod.enabled", true);
  options.storefront_url = settings.string("payment.storefront_url", "/");
  desk.equip(options, settings);
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

/// `payment.escrow.seller_bp` is "seller=bp,seller=bp": sellers whose commission is another.
Commission commission_of(const config::Settings& settings) {
  Commission out;
  out.bp = settings.integer("payment.escrow.commission_bp", Commission::default_bp, 0, 10'000);
  const std::string others = settings.string("payment.escrow.seller_bp", "");
  for (std::size_t at = 0; at < others.size();) {
    const std::size_t comma = std::min(others.find(',', at), others.size());
    const std::string_view pair = std::string_view(others).substr(at, comma - at);
    const std::size_t equals = pair.find('=');
    const auto bp = equals == std::string_view::npos ? std::nullopt : whole_number(pair.substr(equals + 1));
    if (bp && *bp <= 10'000) out.of_seller[std::string(pair.substr(0, equals))] = *bp;
    if (!bp || *bp > 10'000) observe::error("payment.escrow.seller_bp holds what is not seller=bp", {{"text", std::string(pair)}});
    at = comma + 1;
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
        desk_(context, stripe_),
        store_(context.database, context.clock),
        dispute_store_(context.database),
        escrow_store_(context.database),
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
        disputes_(store_, dispute_store_, providers_, context.clock, context.random),
        escrow_(store_, escrow_store_, context.clock, commission_of(context.settings)),
        webhooks_(store_, book_, driver_, refunds_, credits_, disputes_, providers_, context.clock, context.random),
        credit_store_(context.database),
        order_refunds_(store_, credit_store_, book_, context.clock, context.random),
        handlers_(store_, book_, escrow_, order_refunds_, context.clock, context.random),
        budget_(provider_rates(context.settings)),
        worker_(store_, driver_, refunds_, webhooks_, providers_, budget_, context.clock),
        service_(context.runtime, store_, book_, driver_, webhooks_, credits_, order_refunds_, providers_, context.clock, context.random,
                 service_options(context.settings, desk_)),
        credit_service_(credit_store_, order_refunds_, context.clock, context.random),
        binding_(std::make_shared<v1::LocalPaymentApi>(service_, context.clock)),
        credit_binding_(std::make_shared<v1::LocalCreditApi>(credit_service_, context.clock)),
        dispute_operations_(dispute_store_, disputes_),
        disputes_binding_(std::make_shared<v1::LocalDisputesApi>(dispute_operations_, context.clock)),
        bank_store_(context.database),
        bank_operations_(store_, bank_store_, credits_, refunds_, providers_, context.clock, context.random),
        bank_binding_(std::make_shared<v1::LocalBankApi>(bank_operations_, context.clock)),
        reconciliation_store_(context.database),
        reconciler_(store_, reconciliation_store_, providers_, context.clock, context.random,
                    ReconcilerOptions{.tiny = context.settings.integer("payment.reconciliation.tiny", 1, 0, 1'000'000)}),
        reconciliation_operations_(reconciliation_store_, reconciler_, context.clock),
        reconciliation_binding_(std::make_shared<v1::LocalReconciliationApi>(reconciliation_operations_, context.clock)),
        upkeep_store_(context.database),
        upkeep_(store_, upkeep_store_, driver_, providers_, budget_, context.clock, context.random) {}

  void bind(Calls& calls) override {
    calls.bind<v1::PaymentApi>(binding_);
    calls.bind<v1::CreditApi>(credit_binding_);
    calls.bind<v1::DisputesApi>(disputes_binding_);
    calls.bind<v1::BankApi>(bank_binding_);
    calls.bind<v1::ReconciliationApi>(reconciliation_binding_);
    desk_.bind(calls);
  }
  Result<> routes(http::Router& router) override {
    EMP_TRY(v1::add_routes(router, *credit_binding_));
    EMP_TRY(v1::add_routes(router, *disputes_binding_));
    EMP_TRY(v1::add_routes(router, *bank_binding_));
    EMP_TRY(v1::add_routes(router, *reconciliation_binding_));
    EMP_TRY(desk_.routes(router));
    return v1::add_routes(router, *binding_);
  }
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
    desk_.start(context_.jobs, configured_methods());
    context_.jobs.every("payment.due", seconds(1), &worker_, &Worker::run_due);
    context_.jobs.every("payment.disputes", seconds(10), &disputes_, &Disputes::run_due);
    context_.jobs.every("payment.reconciliation_daily", minutes(10), &reconciler_, &Reconciler::run_daily);
    context_.jobs.every("payment.reconciliation", seconds(30), &reconciler_, &Reconciler::run_due);
    // Each held payment every quarter of an hour; often, so that their calls spread.
    context_.jobs.every("payment.status_sync", seconds(15), &upkeep_, &Upkeep::sync_held);
    context_.jobs.every("payment.left_over", seconds(15), &upkeep_, &Upkeep::end_left_over);
    context_.jobs.every("payment.authorization_ends", hours(1), &upkeep_, &Upkeep::warn_of_ends);
    reconciliation_operations_.on_run = [&jobs = context_.jobs] { jobs.wake("payment.reconciliation"); };
    context_.jobs.every("payment.escrow", seconds(60), &escrow_, &Escrow::run_due);
    context_.jobs.every("payment.webhooks", seconds(1), &worker_, &Worker::run_webhooks);
    context_.jobs.every("payment.expire_credit", hours(1), &credit_service_, &CreditService::expire);
    credit_service_.on_work = [&jobs = context_.jobs] { jobs.wake("payment.due"); };
    service_.on_work = [&jobs = context_.jobs] { jobs.wake("payment.due"); };
    service_.on_webhook = [&jobs = context_.jobs] { jobs.wake("payment.webhooks"); };
    co_return Result<>();
  }
  Task<void> stop() override { co_await service_.close(); }

 private:
  std::set<std::string, std::less<>> configured_methods() const {
    std::set<std::string, std::less<>> out;
    for (const ProviderGateway* gateway : providers_.all()) {
      if (gateway->is_enabled()) out.emplace(gateway->offer().method);
    }
    if (context_.settings.boolean("payment.cod.enabled", true)) out.emplace("cod");
    return out;
  }

  ModuleContext context_;
  stripe::StripeOptions stripe_;
  bool live_mode_;
  vnpay::VnpayOptions vnpay_;
  momo::MomoOptions momo_;
  paypal::PaypalOptions paypal_;
  bank_transfer::BankTransferOptions bank_;
  std::string public_base_url_;
  Desk desk_;
  PostgresPaymentStore store_;
  PostgresDisputeStore dispute_store_;
  PostgresEscrowStore escrow_store_;
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
  Disputes disputes_;
  Escrow escrow_;
  Webhooks webhooks_;
  PostgresCreditStore credit_store_;
  OrderRefunds order_refunds_;
  EventHandlers handlers_;
  ProviderBudget budget_;
  Worker worker_;
  PaymentService service_;
  CreditService credit_service_;
  std::shared_ptr<v1::PaymentApi> binding_;
  std::shared_ptr<v1::CreditApi> credit_binding_;
  DisputeOperations dispute_operations_;
  std::shared_ptr<v1::DisputesApi> disputes_binding_;
  PostgresBankStore bank_store_;
  BankOperations bank_operations_;
  std::shared_ptr<v1::BankApi> bank_binding_;
  PostgresReconciliationStore reconciliation_store_;
  Reconciler reconciler_;
  ReconciliationOperations reconciliation_operations_;
  std::shared_ptr<v1::ReconciliationApi> reconciliation_binding_;
  PostgresUpkeepStore upkeep_store_;
  Upkeep upkeep_;
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
