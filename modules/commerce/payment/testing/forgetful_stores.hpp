#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/base/assert.hpp"
#include "kernel/json/value.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_dispute_store.hpp"
#include "modules/commerce/payment/adapters/postgres/postgres_payment_store.hpp"

// What fuzz targets run over instead of a database.
namespace emporion::payment {

/// Checks what a database would refuse, keeps the last message until it is claimed, and knows no payment.
class ForgetfulStore final : public PostgresPaymentStore {
 public:
  using PostgresPaymentStore::PostgresPaymentStore;
  Task<Result<bool>> insert_webhook(NewWebhook row, UtcTime) override {
    for (const std::string& text : {row.provider, row.dedup_key, row.headers_json}) EMP_ASSERT(text.find('\0') == std::string::npos);
    EMP_ASSERT(!row.dedup_key.empty() && row.dedup_key.size() <= 1024);  // An index entry has room for 2,700 bytes.
    EMP_ASSERT(json::Document::parse(row.headers_json) && row.headers_json.find("\\u0000") == std::string::npos);
    last = WebhookRow{row.id, std::move(row.provider), std::move(row.body), 0};
    co_return true;
  }
  Task<Result<std::vector<WebhookRow>>> claim_webhooks(UtcTime, microseconds, std::int32_t) override {
    std::vector<WebhookRow> out;
    if (last) out.push_back(std::move(*last));
    last.reset();
    co_return out;
  }
  Task<Result<>> finish_webhook(Uuid, std::string, std::string, std::optional<UtcTime>, UtcTime) override { co_return Result<>(); }
  Task<Result<Payment>> find(Uuid) override { co_return fail(ErrorKind::not_found, "PAYMENT_NOT_FOUND", "fuzzing"); }
  Task<Result<Refund>> find_refund(Uuid) override { co_return fail(ErrorKind::not_found, "REFUND_NOT_FOUND", "fuzzing"); }
  Task<Result<std::optional<Payment>>> find_by_ref(std::string, std::string) override { co_return std::optional<Payment>(); }
  Task<Result<std::optional<Refund>>> find_refund_by_ref(std::string) override { co_return std::optional<Refund>(); }
  Task<Result<postgres::UnitOfWork>> begin(CallContext) override { co_return fail(ErrorKind::unavailable, "DATABASE_UNAVAILABLE", "fuzzing"); }

  std::optional<WebhookRow> last;
};

/// Knows no payment either.
class ForgetfulDisputes final : public PostgresDisputeStore {
 public:
  using PostgresDisputeStore::PostgresDisputeStore;
  Task<Result<std::optional<Payment>>> find_payment_by_txn(std::string, std::string) override { co_return std::optional<Payment>(); }
};

}  // namespace emporion::payment
