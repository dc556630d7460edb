#include "kernel/json/reader.hpp"

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"

namespace emporion::json {
namespace {

TEST(JsonReader, TellsEachProblemWithItsPlace) {
  Reader reader;
  EXPECT_TRUE(reader.ok());
  {
    const Reader::At lines(reader, "lines");
    {
      const Reader::At second(reader, std::size_t{1});
      reader.missing("sku");
      const Reader::At quantity(reader, "quantity");
      reader.out_of_range("1 to 50");
    }
    const Reader::At third(reader, std::size_t{2});
    reader.invalid(Error(ErrorKind::invalid_argument, "INVALID_ID", "an id …"));
  }
  reader.unknown("a/b~c");
  reader.wrong_type("object");
  ASSERT_FALSE(reader.ok());
  const auto error = reader.to_error();
  EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(error.reason(), "MISSING_FIELD");
  EXPECT_EQ(error.detail(), "/lines/1/sku: this member is required");
  EXPECT_EQ(error.metadata_json("errors"), R"([{"pointer":"/lines/1/sku","reason":"MISSING_FIELD","detail":"this member is required"},)"
                                           R"({"pointer":"/lines/1/quantity","reason":"OUT_OF_RANGE","detail":"1 to 50"},)"
                                           R"({"pointer":"/lines/2","reason":"INVALID_ID","detail":"an id …"},)"
                                           R"({"pointer":"/a~1b~0c","reason":"UNKNOWN_FIELD","detail":"no such member"},)"
                                           R"({"pointer":"","reason":"WRONG_TYPE","detail":"expected object"}])");
}

TEST(JsonReader, ListsTwentyProblemsAtMost) {
  Reader reader;
  for (int i = 0; i < 1'000; ++i) reader.missing(text("m", i));
  const auto document = Document::parse(reader.to_error().metadata_json("errors"));
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document->root().size(), 20u);
}

TEST(JsonReader, StaysJsonWhateverAMemberIsCalled) {
  Reader reader;
  const Reader::At at(reader, "\"\\\n\xFF");
  reader.unknown(std::string(10'000, '"'));
  EXPECT_TRUE(Document::parse(reader.to_error().metadata_json("errors")).has_value());
}

}  // namespace
}  // namespace emporion::json
