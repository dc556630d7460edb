#include "kernel/config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace emporion::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Settings parsed(std::string_view yaml) {
  auto settings = Settings::parse(yaml);
  EXPECT_TRUE(settings) << settings.error().to_string();
  return settings ? *settings : Settings();
}

TEST(Settings, JoinsNestedNamesByDots) {
  const Settings settings = parsed("checkout:\n  quote_life_s: 90\n  name: 'a b'\n  open: true\n");
  EXPECT_EQ(settings.span("checkout.quote_life_s", seconds(30)), seconds(90));
  EXPECT_EQ(settings.string("checkout.name", ""), "a b");
  EXPECT_TRUE(settings.boolean("checkout.open", false));
  EXPECT_TRUE(settings.check());
}

TEST(Settings, AnswersTheDefaultWhereNothingIsGiven) {
  const Settings settings = parsed("checkout:\n  quote_life_s:\n");
  EXPECT_EQ(settings.integer("order.lines_max", 50, 1, 2000), 50);
  EXPECT_EQ(settings.span("checkout.quote_life_s", seconds(30)), seconds(30));
  EXPECT_TRUE(settings.check());
  EXPECT_TRUE(parsed("").check());
}

TEST(Settings, TheEnvironmentOverridesTheFile) {
  Settings settings = parsed("checkout:\n  quote_life_s: 90\n");
  const char* environment[] = {"PATH=/bin", "EMPORION_CHECKOUT__QUOTE_LIFE_S=5", "EMPORION_HOME=/srv", "EMPORION_BROKEN", nullptr};
  settings.read_environment(environment);
  EXPECT_EQ(settings.span("checkout.quote_life_s", seconds(30)), seconds(5));
  EXPECT_TRUE(settings.check()) << "a variable that nobody reads is no fault: other programs may own it";
}

TEST(Settings, ReadsASpanInTheUnitOfItsName) {
  const Settings settings = parsed("a_ms: 2\na_s: 2\na_min: 2\na_h: 2\na_d: 2\n");
  EXPECT_EQ(settings.span("a_ms", {}), milliseconds(2));
  EXPECT_EQ(settings.span("a_s", {}), seconds(2));
  EXPECT_EQ(settings.span("a_min", {}), minutes(2));
  EXPECT_EQ(settings.span("a_h", {}), hours(2));
  EXPECT_EQ(settings.span("a_d", {}), hours(48));
}

TEST(Settings, ReadsANumberWithDecimals) {
  const Settings settings = parsed("share: 0.05\nall: 1\nword: half\nmore: 1.5\nodd: 5e-2\n");
  EXPECT_EQ(settings.number("share", 1, 0, 1), 0.05);
  EXPECT_EQ(settings.number("all", 0, 0, 1), 1);
  EXPECT_EQ(settings.number("none", 0.5, 0, 1), 0.5);
  for (const char* bad : {"word", "more", "odd"}) EXPECT_EQ(settings.number(bad, 0.5, 0, 1), 0.5);
  const auto checked = settings.check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail(),
            "more (line 4): a number from 0 to 1 expected, '1.5' found\n"
            "odd (line 5): a number from 0 to 1 expected, '5e-2' found\n"
            "word (line 3): a number from 0 to 1 expected, 'half' found");
}

TEST(Settings, CollectsEveryFaultAndEveryUnreadName) {
  const Settings settings = parsed("lines_max: 0\nopen: yes\nwait_s: -1\nhuge_d: 9223372036854775807\ncount: 1.5\ntypo: 1\n");
  EXPECT_EQ(settings.integer("lines_max", 50, 1, 2000), 50);
  EXPECT_FALSE(settings.boolean("open", false));
  EXPECT_EQ(settings.span("wait_s", seconds(3)), seconds(3));
  EXPECT_EQ(settings.span("huge_d", hours(24)), hours(24));
  EXPECT_EQ(settings.integer("count", 7, 0, 9), 7);
  const auto checked = settings.check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().reason(), "CONFIG_INVALID");
  EXPECT_EQ(checked.error().detail(),
            "count (line 5): an integer from 0 to 9 expected, '1.5' found\n"
            "huge_d (line 4): an integer from 0 to 36600 expected, '9223372036854775807' found\n"
            "lines_max (line 1): an integer from 1 to 2000 expected, '0' found\n"
            "open (line 2): true or false expected, 'yes' found\n"
            "typo (line 6): no such setting\n"
            "wait_s (line 3): an integer from 0 to 3162240000 expected, '-1' found");
}

TEST(Settings, LeavesToOthersWhatTheyRead) {
  const Settings settings = parsed("order:\n  days: 3\nordering: 1\nstock:\n  dayz: 4\n");
  (void)settings.integer("stock.days", 1, 0, 9);
  const auto checked = settings.check(std::vector<std::string>{"order"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail(), "ordering (line 3): no such setting\nstock.dayz (line 5): no such setting");
}

TEST(Settings, ReadsListsAndTheNamesBelowAName) {
  const Settings settings =
      parsed("processes:\n  - name: a\n    modules: [order, payment]\n  - name: b\nmodules: {warehouse: {dsn: x}, order: {dsn: y}}\none: z\n");
  EXPECT_THAT(settings.strings("processes.0.modules"), ElementsAre("order", "payment"));
  EXPECT_THAT(settings.strings("one"), ElementsAre("z"));
  EXPECT_THAT(settings.strings("none"), IsEmpty());
  EXPECT_THAT(settings.names_below("modules"), ElementsAre("order", "warehouse"));
  EXPECT_THAT(settings.names_below("processes"), ElementsAre("0", "1"));
  EXPECT_THAT(settings.names_below(""), ElementsAre("modules", "one", "processes"));
}

TEST(Settings, RefusesMalformedTextWithItsPlace) {
  struct Case {
    std::string_view yaml;
    std::string_view detail;
  };
  for (const auto& [yaml, detail] : {
           Case{"a: 1\nb: [1, 2\nc: 3\n", "line 3"},
           Case{"a: 1\na: 2\n", "line 2, column 4: 'a' is given twice"},
           Case{"a:\n  b: 1\na.b: 2\n", "'a.b' is given twice"},
           Case{"- 1\n", "line 1, column 1: names and values expected"},
           Case{"a: 1\n---\nb: 2\n", "only one document"},
           Case{"? [x]\n: 1\n", "a name is plain text"},
           Case{"a: \xC3\x28\n", "not UTF-8"},
           Case{"a: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n", "nested too deeply"},
       }) {
    const auto settings = Settings::parse(yaml);
    ASSERT_FALSE(settings) << yaml;
    EXPECT_EQ(settings.error().reason(), "CONFIG_MALFORMED") << yaml;
    EXPECT_THAT(settings.error().detail(), HasSubstr(detail)) << yaml;
    EXPECT_THAT(settings.error().detail(), Not(HasSubstr("\n")));
  }
}

TEST(Settings, LoadsAFileAndNamesItInErrors) {
  const auto folder = std::filesystem::temp_directory_path() / ("settings_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "emporion.yaml").string();
  std::ofstream(file) << "port: 8080\n";
  const std::string broken = (folder / "broken.yaml").string();
  std::ofstream(broken) << "port: [\n";
  const std::string empty = (folder / "empty.yaml").string();
  std::ofstream(empty) << "";

  EXPECT_EQ(Settings::load(file)->integer("port", 1, 1, 65535), 8080);
  EXPECT_TRUE(Settings::load(empty));
  EXPECT_THAT(Settings::load(broken).error().detail(), HasSubstr(broken + ": line 2"));
  EXPECT_EQ(Settings::load(folder.string()).error().reason(), "CONFIG_UNREADABLE");
  EXPECT_EQ(Settings::load((folder / "absent.yaml").string()).error().reason(), "CONFIG_UNREADABLE");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace emporion::config
