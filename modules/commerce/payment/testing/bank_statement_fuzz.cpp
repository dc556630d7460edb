#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/seeded_random.hpp"
#include "modules/commerce/payment/adapters/bank_transfer/bank_transfer_gateway.hpp"
#include "modules/commerce/payment/app/bank_operations.hpp"
#include "modules/commerce/payment/testing/forgetful_stores.hpp"

namespace emporion::payment {
namespace {

/// Checks what a database would refuse, and keeps nothing.
class ForgetfulBank final : public BankStore {
 public:
  Task<Result<std::vector<StoredCase>>> list_cases(CaseFilter) override { co_return std::vector<StoredCase>(); }
  Task<Result<StoredCase>> find_case(Uuid) override { co_return fail(ErrorKind::not_found, "CASE_NOT_FOUND", "fuzzing"); }
  Task<Result<StoredCase>> lock_case(postgres::UnitOfWork&, Uuid) override { co_return fail(ErrorKind::not_found, "CASE_NOT_FOUND", "fuzzing"); }
  Task<Result<>> close_case(postgres::UnitOfWork&, StoredCase) override { co_return Result<>(); }
  Task<Result<Uuid>> insert_statement(Uuid id, Uuid, std::int32_t, Uuid, UtcTime) override { co_return id; }
  Task<Result<>> insert_lines(Uuid, std::vector<StatementLine> lines, UtcTime) override {
    for (const StatementLine& line : lines) {
      for (const std::string& text : {line.bank_txn_id, line.remittance}) EMP_ASSERT(is_valid_utf8(text) && text.find('\0') == std::string::npos);
      EMP_ASSERT(!line.bank_txn_id.empty() && line.bank_txn_id.size() <= 64 && line.remittance.size() <= 500 && !line.amount.is_zero());
    }
    co_return Result<>();
  }
};

/// The import up to its first credit, which the database would have to count, and each line as it would be counted.
class FuzzedImport {
 public:
  void take(std::string body) {
    auto statement = parse_bank_statement(body);
    CallContext context(clock_.now() + seconds(10), Uuid::from_name("fuzz"), Principal::of_service("finance"));
    const auto answer = run_until_done(runtime_, operations_.import_statement(std::move(context), {.body = std::move(body)}));
    EMP_ASSERT(answer || answer.error().reason() == (statement ? "DATABASE_UNAVAILABLE" : "MALFORMED_STATEMENT"));
    if (!statement) return;
    int last = 1;
    for (const StatementLine& line : statement->lines) {
      EMP_ASSERT(line.line > last);
      last = line.line;
      if (line.amount.is_negative()) continue;
      const auto event = bank_.read_event(message_of(line));
      EMP_ASSERT(event && event->credit);
      EMP_ASSERT(event->credit->bank_txn_id == line.bank_txn_id && event->credit->amount == line.amount && event->credit->remittance == line.remittance);
    }
  }

 private:
  Runtime runtime_;
  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  postgres::Database database_{runtime_, postgres::DatabaseOptions{.dsn = "host=/nonexistent", .module = "payment"}};  // Never asked.
  ForgetfulStore store_{database_, clock_};
  ForgetfulBank bank_store_;
  bank_transfer::BankTransferGateway bank_{bank_transfer::BankTransferOptions{.enabled = true, .webhook_secret = "fuzzing_secret_0123456789"}};
  Providers providers_{{&bank_}};
  Book book_{store_, clock_, random_};
  RefundWorker refunds_{store_, providers_, clock_, random_};
  BankCredits credits_{store_, book_, clock_, random_};
  BankOperations operations_{store_, bank_store_, credits_, refunds_, providers_, clock_, random_};
};

}  // namespace
}  // namespace emporion::payment

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const fuzzed = new emporion::payment::FuzzedImport();  // As long as the process: its runtime never runs dry.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  fuzzed->take(bytes);
  fuzzed->take("bank_txn_id,amount,currency,remittance,booked_at\n" + bytes);  // The header is given, so that the lines are reached.
  return 0;
}
