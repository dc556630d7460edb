#include "kernel/http/parameters.hpp"

#include <gtest/gtest.h>

namespace emporion::http {
namespace {

TEST(ResponseHeaders, NeverCarryControlCharactersOrEmptyValues) {
  Response response;
  add_header(response, "ETag", "");
  add_header(response, "Location", "/a\r\nSet-Cookie: evil=1");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].value, "/aSet-Cookie: evil=1");
}

TEST(Cookies, CannotBeGivenAttributesByTheirValue) {
  Response response;
  add_cookie(response, "sid", "");
  add_cookie(response, "sid", "a; Domain=evil\r\nX: y");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].value, "sid=aDomain=evilX:y; HttpOnly; Secure; SameSite=Lax; Path=/");
}

TEST(AllHeaders, JoinThoseOfOneName) {
  const Request request{.headers = {{"b", "1"}, {"a", ""}, {"b", "2"}}};
  EXPECT_EQ(all_headers(request), (std::map<std::string, std::string>{{"a", ""}, {"b", "1, 2"}}));
}

TEST(QueryItems, HaveTheirNumberAndEachOfThemChecked) {
  const Request request{.query = {{"id", "1"}, {"x", "9"}, {"id", "2"}, {"id", "z"}}};
  json::Reader reader;
  std::vector<std::int32_t> ids;
  read_query_items(request, "id", reader, ids, json::ItemRules{0, 2});
  EXPECT_EQ(ids, (std::vector<std::int32_t>{1, 2, 0}));
  EXPECT_EQ(reader.to_error().metadata_json("errors"),
            R"([{"pointer":"/id/2","reason":"WRONG_TYPE","detail":"expected integer"},{"pointer":"/id","reason":"OUT_OF_RANGE","detail":"at most 2 items"}])");
}

}  // namespace
}  // namespace emporion::http
