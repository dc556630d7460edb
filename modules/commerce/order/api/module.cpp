#include "modules/commerce/order/api/module.hpp"

#include <algorithm>

#include "contracts/commerce/order/v1/invoice_api_binding.hpp"
#include "contracts/commerce/order/v1/order_api_binding.hpp"
#include "contracts/commerce/order/v1/order_records_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/mail/mailer.hpp"
#include "modules/commerce/order/adapters/postgres/postgres_invoice_store.hpp"
#include "modules/commerce/order/adapters/postgres/postgres_order_store.hpp"
#include "modules/commerce/order/adapters/rpc/contract_neighbours.hpp"
#include "modules/commerce/order/adapters/security/signed_claim_tokens.hpp"
#include "modules/commerce/order/api/audit.hpp"
#include "modules/commerce/order/api/invoice_settings.hpp"
#include "modules/commerce/order/app/claiming.hpp"
#include "modules/commerce/order/app/dispute_news.hpp"
#include "modules/commerce/order/app/event_handlers.hpp"
#include "modules/commerce/order/app/exporting.hpp"
#include "modules/commerce/order/app/housekeeping.hpp"
#include "modules/commerce/order/app/invoice_issuing.hpp"
#include "modules/commerce/order/app/invoice_mailing.hpp"
#include "modules/commerce/order/app/invoice_service.hpp"
#include "modules/commerce/order/app/personal_data.hpp"
#include "modules/commerce/order/app/service.hpp"

namespace emporion::order {
namespace {

/// Invoices and their mails: the parts that stand beside the orders themselves.
struct Invoicing {
  Invoicing(ModuleContext given, Neighbours& neighbours)
      : context(given),
        sellers(invoice_sellers(given.settings)),
        smtp(mail::smtp_options(given.settings)),
        named(sellers.value_or(InvoiceSellers({}, {}))),
        mailer(given.runtime, smtp.value_or(mail::SmtpOptions{})),
        store(given.database),
        issuing(store, InvoiceDocuments(named, given.clock, given.random, mailer.is_enabled()), given.clock),
        mailing(given.runtime, store, named, mailer, mailer.from(), given.clock),
        service(given.runtime, store, neighbours, named, mailer, mailer.from(), given.clock, given.random),
        binding(std::make_shared<v1::LocalInvoiceApi>(service, given.clock)) {}

  Task<Result<>> start() {
    if (!sellers) co_return fail(sellers.error());
    if (!smtp) co_return fail(smtp.error());
    EMP_CO_TRY(co_await store.check_time_zones(named.time_zones()));
    context.jobs.every("order.issue_invoices", seconds(1), &issuing, &InvoiceIssuing::run);
    if (mailer.is_enabled()) {
      context.jobs.every("order.mail_invoices", seconds(2), &mailing, &InvoiceMailing::run);
      service.on_mail = [&jobs = context.jobs] { jobs.wake("order.mail_invoices"); };
    }
    co_return Result<>();
  }

  ModuleContext context;
  Result<InvoiceSellers> sellers;  ///< What is wrong with the settings is told at the start.
  Result<mail::SmtpOptions> smtp;
  InvoiceSellers named;
  mail::SmtpMailer mailer;
  PostgresInvoiceStore store;
  InvoiceIssuing issuing;
  InvoiceMailing mailing;
  InvoiceService service;
  std::shared_ptr<v1::InvoiceApi> binding;
};

class OrderModule final : public Module {
 public:
  explicit OrderModule(ModuleContext context)
      : context_(context),
        store_(context.database, context.clock),
        neighbours_(context.calls),
        cancelling_(store_, neighbours_),
        claiming_(store_, neighbours_, claim_tokens_, context.clock),
        handlers_(store_, cancelling_),
        dispute_news_(store_),
        give_back_within_(context.settings.span("order.give_back_within_s", hours(1))),
        housekeeping_(store_, neighbours_, context.clock, {.give_back_within = give_back_within_}),
        personal_data_(store_, context.clock),
        service_(context.runtime, store_, neighbours_, cancelling_, claiming_, context.clock, context.random),
        records_(store_, claim_tokens_, context.clock, context.random),
        binding_(std::make_shared<v1::LocalOrderApi>(service_, context.clock)),
        records_binding_(std::make_shared<v1::LocalOrderRecordsApi>(records_, context.clock)),
        // One file for all modules of an installation, so that replicas know each other's tokens.
        master_key_file_(context.settings.string("identity.master_key_file", text(context.settings.string("home", "var"), "/identity.key"))),
        invoicing_(context, neighbours_) {}

  void bind(Calls& calls) override {
    calls.bind<v1::OrderApi>(binding_);
    calls.bind<v1::OrderRecordsApi>(records_binding_);
    calls.bind<v1::InvoiceApi>(invoicing_.binding);
  }
  Result<> routes(http::Router& router) override {
    EMP_TRY(v1::add_routes(router, *binding_));
    EMP_TRY(v1::add_routes(router, *records_binding_));
    return v1::add_routes(router, *invoicing_.binding);
  }
  void subscribe(messaging::Subscriptions& subscriptions) override {
    handlers_.subscribe(subscriptions);
    dispute_news_.subscribe(subscriptions);
  }
  Task<Result<>> start() override {
    EMP_CO_TRY(claim_tokens_.open(master_key_file_, context_.random));
    context_.jobs.every("order.end_overdue", minutes(5), &housekeeping_, &Housekeeping::end_overdue);
    context_.jobs.every("order.complete_delivered", hours(1), &housekeeping_, &Housekeeping::complete_delivered);
    context_.jobs.every("order.check_cancellations", std::min<microseconds>(minutes(10), give_back_within_), &housekeeping_,
                        &Housekeeping::check_cancellations);
    context_.jobs.every("order.flag_late", hours(1), &housekeeping_, &Housekeeping::flag_late);
    context_.jobs.every("order.mask_guests", hours(24), &personal_data_, &PersonalData::mask_guests);
    co_return co_await invoicing_.start();
  }
  Task<void> stop() override { co_await service_.close(); }

 private:
  ModuleContext context_;
  PostgresOrderStore store_;
  ContractNeighbours neighbours_;
  SignedClaimTokens claim_tokens_;
  Cancelling cancelling_;
  Claiming claiming_;
  EventHandlers handlers_;
  DisputeNews dispute_news_;
  microseconds give_back_within_;
  Housekeeping housekeeping_;
  PersonalData personal_data_;
  OrderService service_;
  OrderRecords records_;
  std::shared_ptr<v1::OrderApi> binding_;
  std::shared_ptr<v1::OrderRecordsApi> records_binding_;
  std::string master_key_file_;
  Invoicing invoicing_;
};

}  // namespace

ModuleDefinition definition() {
  return ModuleDefinition{.name = "order",
                          .migrations = migrations(),
                          .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<OrderModule>(context); },
                          .audit_checks = audit_checks(),
                          .audit_facts = audit_facts()};
}

}  // namespace emporion::order
