#include "kernel/http/router.hpp"

#include <gtest/gtest.h>

#include "kernel/json/value.hpp"

namespace emporion::http {
namespace {

Route route(Method method, std::string path, bool is_public = true) {
  Route out;
  out.method = method;
  out.path_template = std::move(path);
  out.is_public = is_public;
  return out;
}

class ARouter : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"/", "/api/v1/orders", "/api/v1/orders/{id}", "/api/v1/orders/{id}/history", "/api/v1/orders/search", "/api/v1/tiers:recalculate",
                             "/api/v1/warehouses/{id}:activate", "/api/v1/warehouses/{id}", "/api/v1/carts/{id}/items/{line}"}) {
      ASSERT_TRUE(router.add(route(Method::get, path)).has_value()) << path;
    }
    ASSERT_TRUE(router.add(route(Method::post, "/api/v1/orders")).has_value());
    ASSERT_TRUE(router.add(route(Method::post, "/api/v1/warehouses/{warehouse_id}:drain")).has_value());
    ASSERT_TRUE(router.add(route(Method::del, "/api/v1/orders/{order_id}")).has_value());
    ASSERT_TRUE(router.add(route(Method::post, "/api/v1/internal/reserve", false)).has_value());
  }
  Router router;
};

TEST_F(ARouter, FindsTheRouteOfEachPath) {
  struct Row {
    Method method;
    std::string_view path;
    std::string_view path_template;
    PathParameters parameters;
  };
  const Row rows[] = {
      {Method::get, "/", "/", {}},
      {Method::get, "/api/v1/orders", "/api/v1/orders", {}},
      {Method::post, "/api/v1/orders", "/api/v1/orders", {}},
      {Method::get, "/api/v1/orders/42", "/api/v1/orders/{id}", {"42"}},
      {Method::get, "/api/v1/orders/search", "/api/v1/orders/search", {}},                        // a literal wins
      {Method::get, "/api/v1/orders/search/history", "/api/v1/orders/{id}/history", {"search"}},  // … unless it leads nowhere
      {Method::del, "/api/v1/orders/search", "/api/v1/orders/{order_id}", {"search"}},
      {Method::get, "/api/v1/tiers:recalculate", "/api/v1/tiers:recalculate", {}},
      {Method::get, "/api/v1/warehouses/HAN:activate", "/api/v1/warehouses/{id}:activate", {"HAN"}},
      {Method::get, "/api/v1/warehouses/a:b:activate", "/api/v1/warehouses/{id}:activate", {"a:b"}},
      {Method::post, "/api/v1/warehouses/HAN:drain", "/api/v1/warehouses/{warehouse_id}:drain", {"HAN"}},
      {Method::get, "/api/v1/warehouses/HAN:unknown", "/api/v1/warehouses/{id}", {"HAN:unknown"}},
      {Method::get, "/api/v1/carts/c/items/l", "/api/v1/carts/{id}/items/{line}", {"c", "l"}},
      {Method::head, "/api/v1/orders/42", "/api/v1/orders/{id}", {"42"}},  // HEAD is answered by GET
  };
  for (const auto& row : rows) {
    const auto match = router.match(row.method, row.path);
    ASSERT_TRUE(match.has_value()) << row.path << ": " << match.error().to_string();
    EXPECT_EQ(match->route->path_template, row.path_template) << row.path;
    EXPECT_EQ(match->parameters, row.parameters) << row.path;
  }
}

TEST_F(ARouter, DoesNotFindWhatIsNotInTheTable) {
  for (const std::string_view path :
       {"", "*", "/api", "/api/v1/orders/", "/api/v1//orders", "/api/v1/orders//history", "/api/v1/orders/1/history/2", "/API/v1/orders", "/api/v1/tiers",
        "/api/v1/tiers:other", "/api/v1/tiers:recalculate/x", "/api/v1/warehouses/HAN:activate/x"}) {
    const auto match = router.match(Method::get, path);
    ASSERT_FALSE(match.has_value()) << path;
    EXPECT_EQ(match.error().reason(), "ROUTE_NOT_FOUND") << path;
  }
  EXPECT_EQ(router.match(Method::get, std::string("/") + std::string(500, '/')).error().reason(), "ROUTE_NOT_FOUND");
}

TEST_F(ARouter, TellsWhichMethodsAPathTakes) {
  const auto match = router.match(Method::put, "/api/v1/orders/42");
  ASSERT_FALSE(match.has_value());
  EXPECT_EQ(match.error().reason(), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(match.error().metadata_json("allow"), "\"GET, HEAD, DELETE\"");
  EXPECT_EQ(router.match(Method::get, "/api/v1/warehouses/").error().reason(), "ROUTE_NOT_FOUND");
}

TEST_F(ARouter, NeverShowsModuleRoutesOutside) {
  EXPECT_EQ(router.match(Method::post, "/api/v1/internal/reserve").error().reason(), "ROUTE_NOT_FOUND");
  EXPECT_EQ(router.match(Method::get, "/api/v1/internal/reserve").error().reason(), "ROUTE_NOT_FOUND");
}

TEST_F(ARouter, RefusesASecondRouteForTheSameRequestsAndNamesBoth) {
  const auto before = router.routes().size();
  const auto added = router.add(route(Method::get, "/api/v1/orders/{other_name}"));
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().reason(), "DUPLICATE_ROUTE");
  EXPECT_NE(added.error().detail().find("/api/v1/orders/{id}"), std::string::npos);
  EXPECT_NE(added.error().detail().find("/api/v1/orders/{other_name}"), std::string::npos);
  EXPECT_EQ(router.routes().size(), before);
  EXPECT_EQ(router.add(route(Method::post, "/api/v1/internal/reserve")).error().reason(), "DUPLICATE_ROUTE");
}

TEST(Router, RefusesTemplatesThatItCouldNotMatch) {
  Router router;
  for (const char* path : {"", "api", "/a//b", "/a/", "/{}", "/{id", "/id}", "/{id}x", "/x{id}", "/{id}:", "/:verb", "/a:", "/{id}:go/more", "/a:go/more",
                           "/{id}/{id}", "/..", "/a b", "/é", "/{a=**}"}) {
    const auto added = router.add(route(Method::get, path));
    ASSERT_FALSE(added.has_value()) << path;
    EXPECT_EQ(added.error().reason(), "INVALID_ROUTE") << path;
  }
  EXPECT_TRUE(router.routes().empty());
}

TEST(Request, FindsHeadersQueryValuesAndCookies) {
  Request request;
  request.headers = {{"accept", "a"}, {"cookie", "sid=1; theme=dark=blue;empty="}, {"accept", "b"}, {"cookie", "last=9"}};
  request.query = {{"q", "first"}, {"q", "second"}};
  EXPECT_EQ(request.header("accept"), "a");
  EXPECT_EQ(request.header("absent"), "");
  EXPECT_EQ(request.query_value("q"), "first");
  EXPECT_EQ(request.query_value("absent"), std::nullopt);
  EXPECT_EQ(request.cookie("sid"), "1");
  EXPECT_EQ(request.cookie("theme"), "dark=blue");
  EXPECT_EQ(request.cookie("empty"), "");
  EXPECT_EQ(request.cookie("last"), "9");
  EXPECT_EQ(request.cookie("si"), std::nullopt);
}

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& field : response.headers) {
    if (field.name == name) return field.value;
  }
  return {};
}

TEST(Problem, SaysWhatIsWrongInTheFormOfRfc9457) {
  const auto error = Error(ErrorKind::rule_violated, "OUT_OF_STOCK", "only \"2\" left").with("sku", "A-1").with("available", 2);
  const auto response = problem(error, Uuid(), "/api/v1/cart/items");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(
      response.body,
      R"({"type":"https://emporion.dev/problems/out-of-stock","title":"Unprocessable Content","status":422,"detail":"only \"2\" left",)"
      R"("instance":"/api/v1/cart/items","reason":"OUT_OF_STOCK","metadata":{"sku":"A-1","available":2},"trace_id":"00000000-0000-0000-0000-000000000000"})");
  EXPECT_TRUE(response.headers.empty());
}

TEST(Problem, HidesEverythingAboutADefect) {
  const auto response = problem(Error(ErrorKind::internal, "SQL_42P01", "relation secret does not exist").with("host", "db7"), Uuid(), "/x");
  EXPECT_EQ(response.status, 500);
  for (const std::string_view secret : {"secret", "42P01", "42p01", "db7"}) EXPECT_EQ(response.body.find(secret), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(R"("reason":"INTERNAL")"), std::string::npos);
}

TEST(Problem, TellsWhenToComeBackWhatIsAllowedAndHowToSignIn) {
  EXPECT_EQ(header_of(problem(Error(ErrorKind::unavailable, "X"), Uuid(), "/"), "Retry-After"), "1");
  EXPECT_EQ(header_of(problem(Error(ErrorKind::resource_exhausted, "X").with("retry_after", 30), Uuid(), "/"), "Retry-After"), "30");
  EXPECT_EQ(header_of(problem(Error(ErrorKind::resource_exhausted, "X").with("retry_after", "soon\r\nX: y"), Uuid(), "/"), "Retry-After"), "1");
  EXPECT_EQ(header_of(problem(Error(ErrorKind::method_not_allowed, "X").with("allow", "GET, HEAD"), Uuid(), "/"), "Allow"), "GET, HEAD");
  EXPECT_EQ(header_of(problem(Error(ErrorKind::unauthenticated, "X"), Uuid(), "/"), "WWW-Authenticate"), "Bearer");
}

TEST(Problem, IsValidJsonForAnyDetail) {
  const auto response = problem(Error(ErrorKind::invalid_argument, "BAD", std::string("\x01\xff\"\\\n", 5)).with("name", "\xc3"), Uuid(), "/\"");
  EXPECT_TRUE(json::Document::parse(response.body).has_value()) << response.body;
}

}  // namespace
}  // namespace emporion::http
