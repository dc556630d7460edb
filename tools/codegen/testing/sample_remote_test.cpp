#include <gtest/gtest.h>

#include <optional>

#include "tools/codegen/testing/sample_api_binding.hpp"
#include "tools/codegen/testing/sample_api_remote.hpp"

namespace emporion::sample::v1 {
namespace {

/// Calls what the other end offers, byte by byte as a network would carry it, or answers what was ordered.
class DirectChannel final : public remote::Channel {
 public:
  explicit DirectChannel(const remote::Services& services) : services_(services) {}

  Task<Result<std::string>> call(const rpc::Operation& operation, std::string_view path, CallContext context, std::string request) override {
    last_operation = operation.name;
    last_path = path;
    if (ordered) co_return *ordered;
    co_return co_await services_.methods().find(path)->second.handler(std::move(context), std::move(request));
  }

  std::string last_operation;
  std::string last_path;
  std::optional<Result<std::string>> ordered;

 private:
  const remote::Services& services_;
};

class StillClock final : public Clock {
 public:
  UtcTime now() const override { return UtcTime::from_micros(1'000'000); }
};

class Shelf final : public SampleApi {
 public:
  Task<Result<PutSampleResponse>> put_sample(CallContext context, PutSampleRequest request) override {
    if (request.part.quantity == 13) co_return fail(Error(ErrorKind::rule_violated, "SHELF_FULL", "no room").with("free", 2));
    co_return PutSampleResponse{.echo = request.part.sku + context.idempotency_key, .status = 202, .etag = request.if_match};
  }
  Task<Result<ListSamplesResponse>> list_samples(CallContext, ListSamplesRequest) override { co_return ListSamplesResponse{.parts = {{"A", 1}, {"B", 2}}}; }
  Task<Result<UploadResponse>> upload(CallContext, UploadRequest request) override { co_return UploadResponse{.content = std::move(request.content)}; }
  Task<Result<Nothing>> replace_parts(CallContext, ReplacePartsRequest) override { co_return Nothing{}; }
  Task<Result<PrintShelfResponse>> print_shelf(CallContext, PrintShelfRequest) override { co_return PrintShelfResponse{}; }
  Task<Result<Nothing>> delete_(CallContext, Nothing) override { co_return Nothing{}; }
};

/// The sample's module on one side, a caller of it on the other.
struct SampleRemote : testing::Test {
  SampleRemote() { serve(services, binding); }

  CallContext customer(std::string key = "k1") {
    Principal principal;
    principal.realm = Realm::customer;
    CallContext out(clock.now() + seconds(1), Uuid(), principal);
    out.idempotency_key = std::move(key);
    return out;
  }
  template <typename T>
  T answer_of(Task<T> task) {
    std::optional<T> out;
    start_detached([](Task<T> inner, std::optional<T>& result) -> Task<void> { result.emplace(co_await std::move(inner)); }(std::move(task), out));
    return std::move(*out);
  }

  StillClock clock;
  Shelf shelf;
  LocalSampleApi binding{shelf, clock};
  remote::Services services;
  std::shared_ptr<DirectChannel> channel = std::make_shared<DirectChannel>(services);
  RemoteSampleApi api{channel};
};

TEST_F(SampleRemote, AnswersAsInOneProcess) {
  const auto put = answer_of(api.put_sample(customer(), {.part = {"A", 2}, .if_match = "\"7\""}));
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_EQ(put->echo, "Ak1");
  EXPECT_EQ(put->status, 202);
  EXPECT_EQ(put->etag, "\"7\"");
  EXPECT_EQ(channel->last_path, "/emporion.sample.v1.SampleApi/PutSample");
  EXPECT_EQ(channel->last_operation, "put_sample");
  EXPECT_EQ(answer_of(api.list_samples(customer(), {}))->parts.size(), 2u);
}

TEST_F(SampleRemote, IsCheckedAtTheOtherEnd) {
  EXPECT_EQ(answer_of(api.put_sample(customer(""), {.part = {"A", 2}})).error().reason(), "IDEMPOTENCY_KEY_REQUIRED");
  EXPECT_EQ(answer_of(api.delete_(customer(), {})).error().reason(), "PERMISSION_DENIED");
  EXPECT_EQ(answer_of(api.put_sample(customer(), {.part = {"", 2}})).error().kind(), ErrorKind::invalid_argument);  // A broken field rule.
}

TEST_F(SampleRemote, HandsRefusalsOn) {
  const auto refused = answer_of(api.put_sample(customer(), {.part = {"A", 13}}));
  EXPECT_EQ(refused.error().reason(), "SHELF_FULL");
  EXPECT_EQ(refused.error().metadata_json("free"), "2");
  channel->ordered = fail(ErrorKind::deadline_exceeded, "DEADLINE_EXCEEDED", "nobody answered");
  EXPECT_EQ(answer_of(api.put_sample(customer(), {.part = {"A", 1}})).error().kind(), ErrorKind::deadline_exceeded);
}

TEST_F(SampleRemote, AnUnreadableAnswerIsAnUnknownOutcome) {
  channel->ordered = Result<std::string>("\xFF");
  const auto answer = answer_of(api.put_sample(customer(), {.part = {"A", 1}}));
  EXPECT_EQ(answer.error().reason(), "CALLEE_UNREADABLE");
  EXPECT_TRUE(answer.error().is_transient());
}

using SampleRemoteDeathTest = SampleRemote;
TEST_F(SampleRemoteDeathTest, ACallWhileATransactionIsOpenIsABug) {
  const auto context = customer();
  context.transaction_opened();
  EXPECT_DEATH((void)answer_of(api.list_samples(context, {})), "open_transactions");
  context.transaction_closed();
}

}  // namespace
}  // namespace emporion::sample::v1
