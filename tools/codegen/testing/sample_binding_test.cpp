#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/fault/fault_points.hpp"
#include "tools/codegen/testing/sample_api_binding.hpp"

namespace emporion::sample::v1 {
namespace {

using testing::HasSubstr;

const Uuid trace = Uuid::from_name("trace");
const std::string sample_id = "0190a3b4-0000-7000-8000-000000000001";

class StillClock final : public Clock {
 public:
  UtcTime now() const override { return UtcTime::from_micros(1'000'000); }
};

// Remembers what it was asked.
class RecordingApi final : public SampleApi {
 public:
  Task<Result<PutSampleResponse>> put_sample(CallContext, PutSampleRequest request) override {
    ++calls;
    put = std::move(request);
    if (put.comment == "refuse") co_return fail(ErrorKind::rule_violated, "SHELF_FULL", "no room");
    co_return PutSampleResponse{.echo = put.part.sku,
                                .status = put.comment == "accept"   ? 202
                                          : put.comment == "silent" ? 204
                                                                    : 0,
                                .etag = "\"7\"",
                                .session = "s1"};
  }
  Task<Result<ListSamplesResponse>> list_samples(CallContext, ListSamplesRequest request) override {
    ++calls;
    list = std::move(request);
    co_return ListSamplesResponse{.parts = {{"A", 1}}};
  }
  Task<Result<UploadResponse>> upload(CallContext, UploadRequest request) override {
    ++calls;
    uploaded = request;
    co_return UploadResponse{.content = std::move(request.content), .media_type = "text/csv"};
  }
  Task<Result<Nothing>> replace_parts(CallContext, ReplacePartsRequest request) override {
    ++calls;
    replaced = std::move(request);
    co_return Nothing{};
  }
  // Three pages, the second one empty; from "lost" on there is none.
  Task<Result<PrintShelfResponse>> print_shelf(CallContext context, PrintShelfRequest request) override {
    ++calls;
    print_deadline = context.deadline;
    const std::string page = request.page_token.value_or("1");
    if (page == "lost") co_return fail(ErrorKind::unavailable, "STORE_DOWN", "later");
    PrintShelfResponse out{.content = page == "2" ? "" : "page " + page + "\n", .media_type = "text/plain"};
    if (page == "1") out.next_page_token = request.shelf == "B" ? "lost" : "2";
    if (page == "2") out.next_page_token = "3";
    co_return out;
  }
  Task<Result<Nothing>> delete_(CallContext, Nothing) override {
    ++calls;
    co_return Nothing{};
  }

  int calls = 0;
  UtcTime print_deadline;
  PutSampleRequest put;
  ListSamplesRequest list;
  UploadRequest uploaded;
  ReplacePartsRequest replaced;
};

template <typename T>
T answer_of(Task<T> task) {
  std::optional<T> out;
  start_detached([](Task<T> inner, std::optional<T>& result) -> Task<void> { result.emplace(co_await std::move(inner)); }(std::move(task), out));
  return std::move(*out);
}

Principal customer() { return {.realm = Realm::customer, .id = Uuid::from_name("customer")}; }
Principal staff(std::string permission) { return {.realm = Realm::staff, .id = Uuid::from_name("staff"), .permissions = {std::move(permission)}}; }

CallContext context_of(Principal principal, std::string key = "key-1") {
  CallContext context(UtcTime::from_micros(2'000'000), trace, std::move(principal));
  context.idempotency_key = std::move(key);
  context.client = std::make_shared<ClientFacts>(ClientFacts{.address = "192.0.2.7", .user_agent = "test"});
  return context;
}

PutSampleRequest put_request() { return {.sample_id = Uuid::from_name("sample"), .part = {"A-1", 2}, .address = "192.0.2.7"}; }

struct LocalBinding : testing::Test {
  StillClock clock;
  RecordingApi target;
  LocalSampleApi api{target, clock};

  ErrorKind refusal_of(Principal principal) {
    const auto answer = answer_of(api.put_sample(context_of(std::move(principal)), put_request()));
    return answer ? ErrorKind::internal : answer.error().kind();
  }
};

TEST_F(LocalBinding, LetsInWhomTheContractNames) {
  for (const auto& principal : {customer(), staff("sample.part.write"), staff("sample.*"), Principal::of_service("checkout")}) {
    EXPECT_TRUE(answer_of(api.put_sample(context_of(principal), put_request())).has_value());
  }
  EXPECT_TRUE(answer_of(api.delete_(context_of(Principal::of_service("anyone")), {})).has_value());
  EXPECT_EQ(target.calls, 5);
}

TEST_F(LocalBinding, KeepsEverybodyElseOut) {
  EXPECT_EQ(refusal_of(Principal::guest()), ErrorKind::unauthenticated);
  EXPECT_EQ(refusal_of(staff("sample.part.read")), ErrorKind::permission_denied);
  EXPECT_EQ(refusal_of(Principal::of_service("review")), ErrorKind::permission_denied);
  EXPECT_EQ(answer_of(api.delete_(context_of(customer()), {})).error().kind(), ErrorKind::permission_denied);
  EXPECT_EQ(target.calls, 0);
}

TEST_F(LocalBinding, WantsAKeyWhereTheOperationIsIdempotent) {
  const auto answer = answer_of(api.put_sample(context_of(customer(), ""), put_request()));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().reason(), "IDEMPOTENCY_KEY_REQUIRED");
  EXPECT_EQ(target.calls, 0);
}

TEST_F(LocalBinding, ChecksFieldRulesOfCallsFromModules) {
  auto request = put_request();
  request.part.quantity = 51;
  const auto answer = answer_of(api.put_sample(context_of(Principal::of_service("checkout")), request));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().reason(), "OUT_OF_RANGE");
  EXPECT_THAT(std::string(answer.error().metadata_json("errors")), HasSubstr("\"/part/quantity\""));
  EXPECT_EQ(target.calls, 0);
}

TEST_F(LocalBinding, RefusesACallWhoseTimeRanOut) {
  auto context = context_of(customer());
  context.deadline = clock.now();
  EXPECT_EQ(answer_of(api.put_sample(context, put_request())).error().kind(), ErrorKind::deadline_exceeded);
  EXPECT_EQ(target.calls, 0);
}

#if EMP_FAULT_POINTS
TEST_F(LocalBinding, CanLoseAnAnswerAfterTheWorkIsDone) {
  ASSERT_TRUE(fault::FaultPoints::arm("lose:sample.put_sample.ack:1").has_value());
  const auto lost = answer_of(api.put_sample(context_of(customer()), put_request()));
  fault::FaultPoints::disarm();
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().kind(), ErrorKind::deadline_exceeded);
  EXPECT_EQ(lost.error().reason(), "ANSWER_LOST");
  EXPECT_EQ(target.calls, 1);
}
#endif

struct Routes : LocalBinding {
  http::Router router;
  void SetUp() override { ASSERT_TRUE(add_routes(router, api).has_value()); }

  http::Response send(http::Request request, Principal principal = customer()) {
    const auto match = router.match(request.method, request.path);
    if (!match) return {.status = 404, .body = match.error().to_string()};
    auto& handle = const_cast<http::Route*>(match->route)->handle;
    return answer_of(handle(context_of(std::move(principal)), request, match->parameters));
  }
  http::Response put(std::string body, std::vector<http::Header> headers = {}) {
    return send({.method = http::Method::put, .path = "/api/v1/samples/" + sample_id, .headers = std::move(headers), .body = std::move(body)});
  }
  http::Response list(std::vector<std::pair<std::string, std::string>> query) {
    return send({.method = http::Method::get, .path = "/api/v1/shelves/A 1/samples:list", .query = std::move(query)}, Principal::guest());
  }
};

const std::string part_body = R"({"part":{"sku":"A-1","quantity":2}})";

TEST_F(Routes, FillARequestFromPathBodyHeaderCookieAndAddress) {
  const auto response = put(part_body, {{"if-match", "\"6\""}, {"cookie", "a=b; sid=abc"}});
  EXPECT_EQ(response.status, 201) << response.body;
  EXPECT_EQ(target.put,
            (PutSampleRequest{.sample_id = *Uuid::parse(sample_id), .part = {"A-1", 2}, .if_match = "\"6\"", .session = "abc", .address = "192.0.2.7"}));
}

TEST_F(Routes, SendStatusHeadersAndCookiesBesideTheBody) {
  const auto response = put(R"({"part":{"sku":"A-1","quantity":2},"comment":"accept"})");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"echo":"A-1"})");
  ASSERT_EQ(response.headers.size(), 2u);
  EXPECT_EQ(response.headers[0].name + ": " + response.headers[0].value, "ETag: \"7\"");
  EXPECT_EQ(response.headers[1].name + ": " + response.headers[1].value, "Set-Cookie: sid=s1; HttpOnly; Secure; SameSite=Lax; Path=/");
}

TEST_F(Routes, SendNoBodyWithAStatusThatHasNone) {
  const auto response = put(R"({"part":{"sku":"A-1","quantity":2},"comment":"silent"})");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
}

TEST_F(Routes, AnswerProblemsForBadRequests) {
  EXPECT_THAT(put("{").body, HasSubstr("MALFORMED_JSON"));
  EXPECT_THAT(put("").body, HasSubstr("MISSING_FIELD"));
  EXPECT_EQ(put("").status, 400);
  // Fields that come from elsewhere are no members of the body.
  EXPECT_THAT(put(R"({"part":{"sku":"A-1","quantity":2},"sample_id":")" + sample_id + "\"}").body, HasSubstr("UNKNOWN_FIELD"));
  EXPECT_THAT(put(R"({"part":{"sku":"A-1","quantity":2},"if_match":"x"})").body, HasSubstr("UNKNOWN_FIELD"));
  EXPECT_THAT(put(R"({"part":{"sku":"A-1","quantity":2},"comment":"123456789"})").body, HasSubstr("/comment"));
  const auto bad_id = send({.method = http::Method::put, .path = "/api/v1/samples/17", .body = part_body});
  EXPECT_EQ(bad_id.status, 400);
  EXPECT_THAT(bad_id.body, testing::AllOf(HasSubstr("INVALID_ID"), HasSubstr("/sample_id")));
  EXPECT_EQ(target.calls, 0);
}

TEST_F(Routes, AnswerRefusalsOfTheOperationWithTheirStatusAndTrace) {
  const auto response = put(R"({"part":{"sku":"A-1","quantity":2},"comment":"refuse"})");
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, testing::AllOf(HasSubstr("SHELF_FULL"), HasSubstr(trace.to_string()), HasSubstr("/api/v1/samples/" + sample_id)));
}

TEST_F(Routes, RefuseCardNumbersOfOutsidersSaveWhereProgramsWrite) {
  const std::string number = "4111111111111111";
  EXPECT_THAT(put(R"({"part":{"sku":")" + number + R"(","quantity":2}})").body, HasSubstr("PAN_NOT_ACCEPTED"));
  EXPECT_THAT(put(R"({"part":{"sku":"A-1","quantity":2},"card":")" + number + "\"}").body, HasSubstr("PAN_NOT_ACCEPTED"));
  EXPECT_THAT(list({{"order", number}}).body, HasSubstr("PAN_NOT_ACCEPTED"));
  EXPECT_EQ(target.calls, 0);
  EXPECT_EQ(put(part_body, {{"if-match", number}, {"cookie", "sid=" + number}}).status, 201);
  // A module may pass on what is stored.
  auto request = put_request();
  request.part.sku = number;
  EXPECT_TRUE(answer_of(api.put_sample(context_of(Principal::of_service("checkout")), request)).has_value());
}

TEST_F(Routes, TellAStrangerNothingAboutTheRequest) {
  const auto response = send({.method = http::Method::put, .path = "/api/v1/samples/17", .body = "{"}, Principal::guest());
  EXPECT_EQ(response.status, 401);
}

TEST_F(Routes, ReadAQuery) {
  const auto response = list({{"limit", "5"}, {"packing", "box"}, {"packing", "delete"}, {"fragile", "true"}, {"order", "name"}, {"utm_source", "mail"}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, R"({"parts":[{"sku":"A","quantity":1}]})");
  EXPECT_EQ(target.list, (ListSamplesRequest{.shelf = "A 1", .limit = 5, .packing = {Packing::box, Packing::delete_}, .fragile = true, .order = "name"}));
}

TEST_F(Routes, RefuseABadQuery) {
  const auto reason = [&](std::vector<std::pair<std::string, std::string>> query) {
    const auto response = list(std::move(query));
    return response.status == 400 ? response.body : "status " + std::to_string(response.status);
  };
  EXPECT_THAT(reason({}), testing::AllOf(HasSubstr("MISSING_FIELD"), HasSubstr("\"/order\"")));
  EXPECT_THAT(reason({{"order", "x"}, {"limit", "0"}}), testing::AllOf(HasSubstr("OUT_OF_RANGE"), HasSubstr("\"/limit\"")));
  EXPECT_THAT(reason({{"order", "x"}, {"limit", "5x"}}), HasSubstr("WRONG_TYPE"));
  EXPECT_THAT(reason({{"order", "x"}, {"limit", "99999999999999999999"}}), HasSubstr("OUT_OF_RANGE"));
  EXPECT_THAT(reason({{"order", "x"}, {"limit", "1"}, {"limit", "2"}}), HasSubstr("given twice"));
  EXPECT_THAT(reason({{"order", "x"}, {"packing", "crate"}}), HasSubstr("\"/packing/0\""));
  EXPECT_THAT(reason({{"order", "x"}, {"fragile", "1"}}), HasSubstr("\"/fragile\""));
  EXPECT_THAT(reason({{"order", "x"}, {"owner_id", "1"}}), HasSubstr("INVALID_ID"));
  EXPECT_EQ(target.calls, 0);
}

TEST_F(Routes, CarryRawBodiesAsTheyAre) {
  const std::string bytes("\0{not json\xff", 11);
  const auto response = send({.method = http::Method::post,
                              .target = "/api/v1/files?name=a%2Ebin&more=1+2",
                              .path = "/api/v1/files",
                              .query = {{"name", "a.bin"}},
                              .headers = {{"content-type", "application/x-test"}, {"x-two", "1"}, {"x-two", "2"}},
                              .body = bytes},
                             Principal::guest());
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "text/csv");
  EXPECT_EQ(response.body, bytes);
  EXPECT_EQ(target.uploaded.media_type, "application/x-test");
  EXPECT_EQ(target.uploaded.headers, (std::map<std::string, std::string>{{"content-type", "application/x-test"}, {"x-two", "1, 2"}}));
  EXPECT_EQ(target.uploaded.query, "name=a%2Ebin&more=1+2") << "a signature is over what was sent, not over what it means";
}

TEST_F(Routes, SendALongAnswerPageByPageAndAskForThemOneByOne) {
  const auto route = std::ranges::find(router.routes(), "/api/v1/shelves/{shelf}/print", [](const auto& each) { return each->path_template; });
  ASSERT_NE(route, router.routes().end());
  const auto print = [&](std::string shelf) {
    return answer_of((*route)->handle(context_of(Principal::guest()), http::Request{.method = http::Method::get}, {std::move(shelf)}));
  };
  const auto first = print("A");
  EXPECT_EQ(first.body, "page 1\n");
  EXPECT_EQ(first.content_type, "text/plain");
  EXPECT_TRUE(std::ranges::none_of(first.headers, [](const auto& header) { return header.name == "X-Next-Page-Token"; }));
  EXPECT_EQ(target.calls, 1) << "a page is made when it is wanted";
  const UtcTime first_deadline = target.print_deadline;
  ASSERT_TRUE(first.rest);
  EXPECT_EQ(answer_of(first.rest->next()).value(), "page 3\n") << "an empty page is not the end";
  EXPECT_GT(target.print_deadline, first_deadline) << "each page has its own time";
  EXPECT_EQ(answer_of(first.rest->next()).value(), "");
  EXPECT_EQ(answer_of(first.rest->next()).value(), "");
  EXPECT_EQ(target.calls, 3);
  const auto broken = print("B");
  ASSERT_TRUE(broken.rest);
  EXPECT_EQ(answer_of(broken.rest->next()).error().reason(), "STORE_DOWN");
}

TEST_F(Routes, ReadOneFieldAsTheWholeBody) {
  // Only modules may call it, so the router does not match it.
  const auto route = std::ranges::find(router.routes(), "/internal/v1/shelves/{shelf}/parts", [](const auto& each) { return each->path_template; });
  ASSERT_NE(route, router.routes().end());
  const auto replace = [&](std::string body) {
    const http::Request request{.method = http::Method::put, .query = {{"dry_run", "true"}}, .body = std::move(body)};
    return answer_of((*route)->handle(context_of(Principal::of_service("warehouse")), request, {"A"}));
  };
  const auto response = replace(R"([{"sku":"B","quantity":3}])");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(target.replaced, (ReplacePartsRequest{.shelf = "A", .parts = {{"B", 3}}, .dry_run = true}));
  EXPECT_THAT(replace("[]").body, HasSubstr("OUT_OF_RANGE"));
  EXPECT_THAT(replace("").body, HasSubstr("WRONG_TYPE"));
}

TEST_F(Routes, HideWhatOnlyModulesMayCall) {
  int internal = 0;
  for (const auto& route : router.routes()) internal += route->is_public ? 0 : 1;
  EXPECT_EQ(router.routes().size(), 5u);
  EXPECT_EQ(internal, 1);
  EXPECT_EQ(operations::upload.body_max_bytes, 5'000'000u);
  EXPECT_EQ(operations::upload.rate_policy, "upload");
  EXPECT_EQ(operations::list_samples.deadline_ms, 2'000);
  EXPECT_EQ(operations::put_sample.deadline_ms, 10'000);
}

}  // namespace
}  // namespace emporion::sample::v1
