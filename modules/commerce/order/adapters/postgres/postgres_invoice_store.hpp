#pragma once

#include "modules/commerce/order/app/invoice_store.hpp"

namespace emporion::order {

class PostgresInvoiceStore final : public InvoiceStore {
 public:
  explicit PostgresInvoiceStore(postgres::Database& database) : database_(database) {}

  Task<Result<std::vector<OrderBooks>>> due(UtcTime now, std::int32_t count) override;
  Task<Result<std::vector<Uuid>>> issue(std::vector<DueAnswer> answers, UtcTime at, Uuid trace) override;
  Task<Result<>> put_off(Uuid order_id, std::int64_t bumps, UtcTime next_at, std::string problem) override;
  Task<Result<v1::Invoice>> load(Uuid id) override;
  Task<Result<std::vector<v1::Invoice>>> of_order(Uuid order_id) override;
  Task<Result<std::vector<v1::InvoiceSummary>>> list(InvoiceFilter filter) override;
  Task<Result<OrderOwner>> owner_of(Uuid order_id) override;
  Task<Result<>> check_time_zones(std::vector<std::string> zones) override;
  Task<Result<std::vector<TakenMail>>> take_mails(UtcTime now, seconds lease, std::int32_t count) override;
  Task<Result<>> finish_mail(TakenMail mail, v1::InvoiceMailState state, std::optional<UtcTime> next_at, std::optional<std::string> error,
                             UtcTime now) override;
  Task<Result<postgres::UnitOfWork>> begin(CallContext context) override;
  Task<Result<MailCount>> count_mails(postgres::UnitOfWork& work, Uuid invoice_id, UtcTime now) override;
  Task<Result<>> want_mail(postgres::UnitOfWork& work, Uuid mail_id, Uuid invoice_id, std::int32_t seq, std::string recipient, UtcTime now) override;

 private:
  postgres::Database& database_;
};

}  // namespace emporion::order
